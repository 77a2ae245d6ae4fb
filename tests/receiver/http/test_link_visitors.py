"""A browser's visit is a tap; what a program fetches for a preview, an index or a cache is not.

The agents stand here as their makers publish them: core.telegram.org, developers.facebook.com, api.slack.com,
developer.x.com, linkedin.com, vk.com/dev, developers.google.com/search, bing.com/webmasters, support.apple.com,
developers.snapchat.com, iframely.com, embed.ly, and the sources of Signal, Synapse, Mastodon and Zulip.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from engine.receiver.http.link_visitors import is_tap

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
PEOPLE = [
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {WEBKIT} Version/18.1 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {WEBKIT} Mobile/15E148",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {WEBKIT} Mobile/15E148 [FBAN/FBIOS;FBAV/490.0.0.35]",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {WEBKIT} Mobile/15E148 Snapchat/13.0 (like Safari/8618)",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {WEBKIT} Mobile/15E148 Safari/604.1 (Ecosia ios@10.1.0)",
    f"Mozilla/5.0 (Linux; Android 14; SM-A546E) {CHROME}",
    f"Mozilla/5.0 (Linux; Android 14; Pixel 7; wv) {CHROME} Telegram-Android/11.4 (Google Pixel 7; Android 14; SDK 34)",
    f"Mozilla/5.0 (Linux; Android 9; CUBOT X19 Build/PPR1) {CHROME}",
    f"Mozilla/5.0 (Linux; Android 13; M2101K6G; wv) {CHROME} Line/14.20.1/IAB",
    f"Mozilla/5.0 (Linux; Android 13; M2101K6G; wv) {CHROME} Viber/23.6.0.7",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM; Touch; NOKIA; Lumia 520)",
    "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16",
]
PROGRAMS = [
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.23.20.0 A",
    "WhatsApp/2",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1",
    "facebookexternalhit/1.1;line-poker/1.0",
    "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984",
    "facebookcatalog/1.0",
    "meta-externalagent/1.1",
    "meta-externalfetcher/1.1",
    "Facebot",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) {WEBKIT} facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Slackbot 1.0(+https://api.slack.com/robots)",
    "Slack-ImgProxy (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",
    "Viber/13.3.0.1 CFNetwork/1125.2 Darwin/19.4.0",
    f"Mozilla/5.0 (X11) {CHROME} Snap URL Preview Service; bot; snapchat; https://developers.snapchat.com/robots",
    "Iframely/1.3.1 (+https://iframely.com/docs/about)",
    "Mozilla/5.0 (compatible; Embedly/0.2; +http://support.embed.ly/)",
    f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) {CHROME} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mediapartners-Google",
    "Google-InspectionTool/1.0",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) {WEBKIT} (Applebot/0.1; +http://www.apple.com/go/applebot)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
    "Pinterest/0.2 (+https://www.pinterest.com/bot.html)",
    "Mozilla/5.0 (compatible; redditbot/1.0; +http://www.reddit.com/feedback)",
    "Bluesky Cardyb/1.1; +mailto:support@bsky.app",
    "Synapse (bot; +https://github.com/matrix-org/synapse)",
    "http.rb/5.1.1 (Mastodon/4.2.0; +https://mastodon.example/)",
    "Mozilla/5.0 (compatible; ZulipURLPreview/9.0; +https://zulip.example)",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.5056; Pro)",
    "Mozilla/5.0 (compatible; FlipboardProxy/1.2)",
    "FlipboardProxy/1.2",
    f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Google Favicon",
    f"Mozilla/5.0 (Linux; Android 11; moto g power (2022)) {CHROME} Chrome-Lighthouse",
    f"Mozilla/5.0 (X11; Linux x86_64) {CHROME.replace('Chrome', 'HeadlessChrome')}",
    "okhttp/4.12.0",
    "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 7 Build/UP1A)",
    "Messenger/1 CFNetwork/1568.200.51 Darwin/24.1.0",
    "Go-http-client/2.0",
]
_AS_BROWSERS = {
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "Sec-Fetch-Dest": "document",
}


def _visits(method: str = "GET", **headers: str) -> bool:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return is_tap(method, CIMultiDict({"User-Agent": PEOPLE[0], **_AS_BROWSERS, **named}))


@pytest.mark.parametrize("agent", PEOPLE)
def test_a_persons_browser_taps(agent: str) -> None:
    assert _visits(User_Agent=agent)
    assert is_tap("GET", CIMultiDict({"User-Agent": agent})), "older ones do not say what they fetch"


@pytest.mark.parametrize("agent", PROGRAMS)
def test_a_program_that_names_itself_does_not_tap(agent: str) -> None:
    assert not _visits(User_Agent=agent)
    assert not is_tap("GET", CIMultiDict({"user-agent": agent}))


@given(st.from_regex(r"[A-Z][a-z]{0,11}", fullmatch=True).filter(lambda name: not name.lower().endswith("cu")))
def test_a_program_that_keeps_the_conventions_does_not_tap(name: str) -> None:
    """Whatever it is called, and whichever browser it resembles."""
    for own in (f"{name}Bot/1.0", f"({name}; +https://{name}.example/about)", f"(compatible; X{name}/2.0)"):
        assert not _visits(User_Agent=own)
        assert not _visits(User_Agent=f"{PEOPLE[0]} {own}".upper())


@pytest.mark.parametrize("agent", ["", "curl/8.5.0", "Python/3.11 aiohttp/3.14.5"])
def test_an_agent_that_says_nothing_of_the_kind_taps(agent: str) -> None:
    assert is_tap("GET", CIMultiDict({"User-Agent": agent} if agent else {}))


@given(st.sampled_from(["HEAD", "OPTIONS", "POST", "PUT", "DELETE", "get", ""]))
def test_only_a_get_taps(method: str) -> None:
    assert not _visits(method)


@pytest.mark.parametrize("header", ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"])
@given(
    purpose=st.sampled_from(["prefetch", "prefetch;prerender", "preview", "instant", "Prefetch"])
    | st.text("abc;", min_size=1)
)
def test_what_is_fetched_for_a_purpose_is_not_tapped(header: str, purpose: str) -> None:
    assert not is_tap("GET", CIMultiDict({"User-Agent": PEOPLE[0], header: purpose}))


@given(
    st.sampled_from(["image", "iframe", "frame", "embed", "object", "empty", "script", "video", "worker"])
    | st.text("abc", min_size=1)
)
def test_what_is_fetched_for_a_page_is_not_tapped(destination: str) -> None:
    assert not _visits(Sec_Fetch_Dest=destination)


@pytest.mark.parametrize("mode", ["no-cors", "cors", "same-origin", "websocket"])
def test_what_a_script_fetches_is_not_tapped(mode: str) -> None:
    assert not _visits(Sec_Fetch_Mode=mode)


@pytest.mark.parametrize("headers", [{"Range": "bytes=0-524287"}, {"From": "googlebot(at)googlebot.com"}])
def test_a_part_of_a_page_and_a_named_owner_are_a_programs(headers: dict[str, str]) -> None:
    assert not _visits(**headers)
