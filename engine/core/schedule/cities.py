"""Places that people name although no time zone does, each with its zone: Brazil's cities and states, a few abroad."""

from collections.abc import Mapping
from typing import Final

_PLACES: Final = {
    "America/Sao_Paulo": (
        "São Paulo, SP, Rio de Janeiro, Rio, RJ, Belo Horizonte, BH, Brasília, BSB, DF, Distrito Federal, Curitiba,"
        " Porto Alegre, POA, Florianópolis, Floripa, Vitória, Goiânia, Campinas, Santos, Guarulhos, Osasco, Sorocaba,"
        " Santo André, São Bernardo do Campo, São José dos Campos, São José do Rio Preto, Ribeirão Preto, Bauru,"
        " Piracicaba, Jundiaí, Praia Grande, Guarujá, Niterói, Duque de Caxias, Nova Iguaçu, São Gonçalo, Petrópolis,"
        " Volta Redonda, Campos dos Goytacazes, Macaé, Vila Velha, Contagem, Uberlândia, Uberaba, Juiz de Fora,"
        " Montes Claros, Betim, Ipatinga, Governador Valadares, Londrina, Maringá, Cascavel, Ponta Grossa,"
        " Foz do Iguaçu, Joinville, Blumenau, Chapecó, Itajaí, Balneário Camboriú, Caxias do Sul, Pelotas, Canoas,"
        " Novo Hamburgo, Anápolis, Aparecida de Goiânia, Minas Gerais, Paraná, Santa Catarina, Rio Grande do Sul,"
        " Espírito Santo, Goiás, horário de Brasília, hora de Brasília, Brasília time, BRT"
    ),
    "America/Bahia": "Salvador, Feira de Santana, Vitória da Conquista, Ilhéus, Itabuna, Porto Seguro, Camaçari",
    "America/Recife": "Olinda, Jaboatão dos Guararapes, Caruaru, Petrolina, Pernambuco",
    "America/Maceio": "Maceió, Aracaju, Arapiraca, Alagoas, Sergipe",
    "America/Fortaleza": (
        "Fortaleza, Natal, João Pessoa, São Luís, Teresina, Mossoró, Campina Grande, Juazeiro do Norte, Sobral,"
        " Imperatriz, Parnaíba, Ceará, Rio Grande do Norte, Paraíba, Piauí, Maranhão"
    ),
    "America/Belem": "Belém, Macapá, Ananindeua, Marabá, Amapá",
    "America/Araguaina": "Palmas, Tocantins",
    "America/Cuiaba": "Cuiabá, Várzea Grande, Rondonópolis, Sinop, Mato Grosso",
    "America/Campo_Grande": "Campo Grande, Dourados, Três Lagoas, Mato Grosso do Sul",
    "America/Manaus": "Manaus, horário de Manaus, hora de Manaus",
    "America/Porto_Velho": "Porto Velho, Ji-Paraná, Rondônia",
    "America/Boa_Vista": "Boa Vista, Roraima",
    "America/Rio_Branco": "Rio Branco, Cruzeiro do Sul",
    "America/Noronha": "Fernando de Noronha",
    "America/New_York": "Nova York, Nova Iorque, NYC, Miami, Orlando, Boston",
    "Europe/London": "Londres",
    "Europe/Madrid": "Madri",
    "Europe/Rome": "Roma, Milão",
    "Asia/Tokyo": "Tóquio",
}

CITIES: Final[Mapping[str, str]] = {name: zone for zone, names in _PLACES.items() for name in names.split(", ")}

OFFSETS: Final[Mapping[int, tuple[str, ...]]] = {
    0: ("UTC",),
    -2: ("America/Noronha",),
    -3: ("America/Sao_Paulo", "America/Bahia", "America/Fortaleza", "America/Belem", "America/Recife"),
    -4: ("America/Manaus", "America/Cuiaba", "America/Campo_Grande", "America/Porto_Velho"),
    -5: ("America/Rio_Branco",),
}
"""Brazil's hours from UTC, with the zones that have them: a zone is a place, whose clocks may change one day."""
