// Every word of the page, in both languages. {name} and the like are filled in; an unknown key is shown as it is.

const EN = {
  title: "Sandbox",
  peopleHint: "You play the users",
  language: "Language",
  addPerson: "Person",
  addPersonTo: "Add a person to {bot}",
  nobody: "Nobody yet. Add a person and start.",
  more: "and {n} more",
  neverStarted: "has not started the bot",
  relation_blocked: "blocked the bot",
  relation_deleted: "account deleted",
  writesTo: "writes to {bot}",
  unread: "{n} unread",
  tab_people: "People",
  tab_chat: "Chat",
  tab_engine: "Engine",

  welcome: "Play a user",
  welcome1: "Choose a person on the left, or add one.",
  welcome2: "Start the bot, write something, and fall silent.",
  welcome3: "Watch on the right how the engine waits, and what it sends.",
  welcome4: "Answer, and see what is cancelled.",
  start: "Start",
  pay: "Pay",
  paid: "paid",
  paidStars: "Paid ★ {n}",
  block: "Block",
  unblock: "Unblock",
  message: "Message",
  writeAs: "Write as {name}",
  send: "Send",
  startFirst: "Press Start to meet {bot}.",
  deleted: "deleted message",
  edited: "edited",
  earlier: "{n} earlier messages are not shown",
  refused: "Not done: {why}",
  offline: "The sandbox does not answer. Trying again …",
  bot: "bot",

  engine: "What the engine knows",
  view_asked: "Asking the engine …",
  view_not_connected: "The engine is not connected",
  view_not_connected_hint:
    "The sandbox was started without REDIS_URL and DATABASE_URL. With ./dev run the engine is there.",
  view_unreachable: "The engine’s servers do not answer",
  view_unknown_bot: "The engine does not know this bot",
  choose: "Choose a person to see what the engine knows.",

  phase_nothing_armed: "Nothing is planned",
  phase_waiting_for_silence: "Waiting for silence",
  phase_step_scheduled: "Message scheduled",
  phase_held_by_poller: "A poller has it in hand",
  phase_sending: "Being sent",
  say_unseen: "The engine has not seen {name} yet: start the bot.",
  say_over: "{name} can write at any time: then a new silence is waited for.",
  say_completed: "The sequence has come to its end. When {name} writes again, a new silence is waited for.",
  say_waiting: "If {name} stays silent until {time}, the sequence begins. Any sign of life starts this anew.",
  say_scheduled: "Next is {place}: {time}. A sign of life from {name} before that cancels it.",
  say_held: "It is due; a poller claimed it for a few seconds and looks whether it may be sent.",
  say_sending: "The request is on its way to Telegram. What comes of it is written down next.",
  lastSeen: "Last seen {time}",
  overdue: "due",
  inTime: "in {time}",

  against: "Nothing is sent just now",
  againstForGood: "Nothing is sent to {name}",
  until: "until {time}",
  against_feed_stale: "The bot’s updates have not been taken in up to now. Silence is not assumed before that.",
  against_bot_held: "The bot or its campaign is paused, or the emergency stop is engaged.",
  against_redis_lost: "The timers in Redis are not whole: a first start, or they were lost. They are made anew from PostgreSQL.",
  against_retry_after: "Telegram asked the bot to wait.",
  against_window_closed: "Outside the hours in which the campaign sends.",
  against_paid: "This person has paid. Customers are left alone.",
  against_opted_out: "This person does not want such messages.",
  against_unreachable: "This person cannot be written to: the bot is blocked, or the account is gone.",
  against_stopped: "The campaign was stopped.",
  against_campaign_inactive: "No campaign is active for this bot.",
  against_cancelled: "This person is an admin of the bot.",
  against_returned: "The person has answered.",
  against_late: "The moment for this message has passed by too much.",
  against_step_off: "The step is switched off.",
  against_step_deleted: "The step was deleted from the campaign.",
  against_version_changed: "Something happened in the chat meanwhile; it is looked at again.",
  against_shadow: "The campaign is in shadow: it decides and records, and sends nothing.",

  ifSilent: "If the silence holds",
  thisSilence: "This silence",
  lastSilence: "The silence before",
  earlierSilence: "An earlier silence",
  since: "silent since {time}",
  status_scheduled: "scheduled",
  status_sending: "being sent",
  status_sent: "sent",
  status_skipped: "skipped",
  status_failed: "failed",
  status_unknown: "unknown: no answer came, so it is never sent again",
  status_cancelled: "cancelled",
  status_would_send: "would have been sent",
  status_later: "later",
  status_never: "not sent",
  crossedSince: "it was already on the wire when the person answered",
  attempts: "{n} attempts",

  reason_completed: "the sequence came to its end",
  reason_returned: "the person answered",
  reason_paid: "the person paid",
  reason_opted_out: "the person wants no more of it",
  reason_unreachable: "the person cannot be reached",
  reason_stopped: "the campaign was stopped",
  reason_campaign_inactive: "no campaign is active",
  reason_expired: "too much time has passed",
  reason_cancelled: "an admin cancelled it",
  reason_step_off: "the step is switched off",
  reason_step_deleted: "the step was deleted",
  reason_late: "its moment had passed",
  reason_cap: "the person has had enough messages",
  reason_never_fits: "it fits no sending hours",
  reason_hold_out: "the person is in the control group",
  reason_render_error: "the text could not be made",
  reason_refused: "Telegram refused the content",
  reason_media_missing: "a file is missing",
  reason_internal_error: "it failed too often",
  reason_shadow: "the campaign is in shadow",
  ended: "Ended because {why} ({time})",

  facts: "Behind it",
  fact_campaign: "Campaign",
  fact_threshold: "Silence",
  fact_bot: "Bot",
  fact_feed: "Updates taken in",
  version: "version {n}",
  nothingPublished: "nothing published",
  ago: "{time} ago",
  never: "never",
  emergency: "emergency stop",
  state_draft: "draft",
  state_live: "live",
  state_paused: "paused",
  state_finishing: "finishing",
  state_stopped: "stopped",
  state_shadow: "shadow",
  state_active: "active",
  state_suspended: "suspended",
  state_removed: "removed",

  schedule_now: "at once",
  schedule_after: "{time} later",
  schedule_tomorrow: "tomorrow {time}",
  schedule_days: "after {n} days, {time}",
};

const PT = {
  title: "Sandbox",
  peopleHint: "Faça o papel dos usuários",
  language: "Idioma",
  addPerson: "Pessoa",
  addPersonTo: "Adicionar uma pessoa em {bot}",
  nobody: "Ninguém ainda. Adicione uma pessoa e comece.",
  more: "e mais {n}",
  neverStarted: "ainda não iniciou o bot",
  relation_blocked: "bloqueou o bot",
  relation_deleted: "conta excluída",
  writesTo: "conversa com {bot}",
  unread: "{n} não lidas",
  tab_people: "Pessoas",
  tab_chat: "Conversa",
  tab_engine: "Motor",

  welcome: "Faça o papel de um usuário",
  welcome1: "Escolha uma pessoa à esquerda, ou adicione uma.",
  welcome2: "Inicie o bot, escreva algo e fique em silêncio.",
  welcome3: "Veja à direita como o motor espera, e o que ele envia.",
  welcome4: "Responda, e veja o que é cancelado.",
  start: "Iniciar",
  pay: "Pagar",
  paid: "pagou",
  paidStars: "Pagou ★ {n}",
  block: "Bloquear",
  unblock: "Desbloquear",
  message: "Mensagem",
  writeAs: "Escrever como {name}",
  send: "Enviar",
  startFirst: "Toque em Iniciar para conhecer {bot}.",
  deleted: "mensagem apagada",
  edited: "editada",
  earlier: "{n} mensagens anteriores não são mostradas",
  refused: "Não foi feito: {why}",
  offline: "O sandbox não responde. Tentando de novo …",
  bot: "bot",

  engine: "O que o motor sabe",
  view_asked: "Perguntando ao motor …",
  view_not_connected: "O motor não está conectado",
  view_not_connected_hint:
    "O sandbox foi iniciado sem REDIS_URL e DATABASE_URL. Com ./dev run o motor está presente.",
  view_unreachable: "Os servidores do motor não respondem",
  view_unknown_bot: "O motor não conhece este bot",
  choose: "Escolha uma pessoa para ver o que o motor sabe.",

  phase_nothing_armed: "Nada planejado",
  phase_waiting_for_silence: "Esperando o silêncio",
  phase_step_scheduled: "Mensagem agendada",
  phase_held_by_poller: "Um poller está cuidando",
  phase_sending: "Sendo enviada",
  say_unseen: "O motor ainda não viu {name}: inicie o bot.",
  say_over: "{name} pode escrever a qualquer momento: então um novo silêncio é esperado.",
  say_completed: "A sequência chegou ao fim. Quando {name} escrever de novo, um novo silêncio é esperado.",
  say_waiting: "Se {name} ficar em silêncio até {time}, a sequência começa. Qualquer sinal de vida recomeça a contagem.",
  say_scheduled: "A próxima é {place}: {time}. Um sinal de vida de {name} antes disso a cancela.",
  say_held: "Chegou a hora; um poller reservou por alguns segundos e verifica se pode enviar.",
  say_sending: "O pedido está a caminho do Telegram. O resultado é anotado em seguida.",
  lastSeen: "Visto por último {time}",
  overdue: "na hora",
  inTime: "em {time}",

  against: "Nada é enviado neste momento",
  againstForGood: "Nada é enviado a {name}",
  until: "até {time}",
  against_feed_stale: "As atualizações do bot ainda não foram lidas até agora. Antes disso, não se supõe silêncio.",
  against_bot_held: "O bot ou a campanha está em pausa, ou a parada de emergência está acionada.",
  against_redis_lost: "Os temporizadores no Redis não estão completos: é a primeira partida, ou se perderam. Estão sendo refeitos a partir do PostgreSQL.",
  against_retry_after: "O Telegram pediu que o bot espere.",
  against_window_closed: "Fora do horário em que a campanha envia.",
  against_paid: "Esta pessoa pagou. Clientes ficam em paz.",
  against_opted_out: "Esta pessoa não quer essas mensagens.",
  against_unreachable: "Não é possível escrever a esta pessoa: o bot foi bloqueado, ou a conta não existe mais.",
  against_stopped: "A campanha foi encerrada.",
  against_campaign_inactive: "Nenhuma campanha está ativa neste bot.",
  against_cancelled: "Esta pessoa administra o bot.",
  against_returned: "A pessoa respondeu.",
  against_late: "A hora desta mensagem já passou há tempo demais.",
  against_step_off: "A etapa está desligada.",
  against_step_deleted: "A etapa foi apagada da campanha.",
  against_version_changed: "Algo aconteceu na conversa nesse meio-tempo; será visto de novo.",
  against_shadow: "A campanha está em modo sombra: decide e anota, mas nada envia.",

  ifSilent: "Se o silêncio continuar",
  thisSilence: "Este silêncio",
  lastSilence: "O silêncio anterior",
  earlierSilence: "Um silêncio mais antigo",
  since: "em silêncio desde {time}",
  status_scheduled: "agendada",
  status_sending: "sendo enviada",
  status_sent: "enviada",
  status_skipped: "pulada",
  status_failed: "falhou",
  status_unknown: "incerta: não houve resposta, então nunca é reenviada",
  status_cancelled: "cancelada",
  status_would_send: "teria sido enviada",
  status_later: "depois",
  status_never: "não enviada",
  crossedSince: "já estava a caminho quando a pessoa respondeu",
  attempts: "{n} tentativas",

  reason_completed: "a sequência chegou ao fim",
  reason_returned: "a pessoa respondeu",
  reason_paid: "a pessoa pagou",
  reason_opted_out: "a pessoa não quer mais",
  reason_unreachable: "não é possível alcançar a pessoa",
  reason_stopped: "a campanha foi encerrada",
  reason_campaign_inactive: "nenhuma campanha está ativa",
  reason_expired: "passou tempo demais",
  reason_cancelled: "um administrador cancelou",
  reason_step_off: "a etapa está desligada",
  reason_step_deleted: "a etapa foi apagada",
  reason_late: "a hora já tinha passado",
  reason_cap: "a pessoa já recebeu mensagens suficientes",
  reason_never_fits: "não cabe em nenhum horário de envio",
  reason_hold_out: "a pessoa está no grupo de controle",
  reason_render_error: "não foi possível montar o texto",
  reason_refused: "o Telegram recusou o conteúdo",
  reason_media_missing: "falta um arquivo",
  reason_internal_error: "falhou vezes demais",
  reason_shadow: "a campanha está em modo sombra",
  ended: "Terminou porque {why} ({time})",

  facts: "Por trás",
  fact_campaign: "Campanha",
  fact_threshold: "Silêncio",
  fact_bot: "Bot",
  fact_feed: "Atualizações lidas",
  version: "versão {n}",
  nothingPublished: "nada publicado",
  ago: "há {time}",
  never: "nunca",
  emergency: "parada de emergência",
  state_draft: "rascunho",
  state_live: "no ar",
  state_paused: "em pausa",
  state_finishing: "encerrando",
  state_stopped: "encerrada",
  state_shadow: "sombra",
  state_active: "ativo",
  state_suspended: "suspenso",
  state_removed: "removido",

  schedule_now: "na hora",
  schedule_after: "{time} depois",
  schedule_tomorrow: "amanhã {time}",
  schedule_days: "após {n} dias, {time}",
};

const LANGUAGES = { en: { texts: EN, tag: "en-GB" }, pt: { texts: PT, tag: "pt-BR" } };
const KEPT = "language";

let chosen = kept() ?? (navigator.language.toLowerCase().startsWith("pt") ? "pt" : "en");

export const language = () => chosen;

export function choose(name) {
  chosen = name in LANGUAGES ? name : "en";
  document.documentElement.lang = LANGUAGES[chosen].tag;
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // A browser that keeps nothing asks anew each time.
  }
}

function kept() {
  try {
    const name = localStorage.getItem(KEPT);
    return name in LANGUAGES ? name : null;
  } catch {
    return null;
  }
}

export function t(key, values = {}) {
  const text = LANGUAGES[chosen].texts[key] ?? key.replace(/^(reason|against|status|state|phase)_/, "").replaceAll("_", " ");
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" };

export function clock(ms, nowMs = Date.now()) {
  const at = new Date(ms);
  const sameDay = at.toDateString() === new Date(nowMs).toDateString();
  const format = sameDay ? CLOCK : { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  return at.toLocaleString(LANGUAGES[chosen].tag, format);
}

export function duration(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [days, hours] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24];
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  if (minutes) return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
  return `${rest} s`;
}

// A schedule comes as the engine writes it: now, 6s, 1h30m, tomorrow 09:30, +3d 18:00.
export function schedule(written) {
  const [day, time] = written.split(" ");
  if (written === "now") return t("schedule_now");
  if (day === "tomorrow") return t("schedule_tomorrow", { time });
  if (time) return t("schedule_days", { n: day.replace(/\D/g, ""), time });
  return t("schedule_after", { time: written.replace(/(\d+)([a-z]+)/g, "$1 $2 ").trim() });
}
