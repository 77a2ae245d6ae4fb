"""What a visitor does on the page, in the page's words."""

import json
from pathlib import Path

from tests.browser.devtools import Tab

# Until what moves once has moved; what turns for ever goes on.
_AT_REST = """Promise.all(document.getAnimations().filter(one => one.effect.getTiming().iterations === 1)
  .map(one => one.finished.catch(() => {})))"""
_SIZES = {"light": (1280, 800), "dark": (1280, 800), "phone": (390, 844)}


class Visitor:
    def __init__(self, tab: Tab, address: str, pictures: Path) -> None:
        self.tab = tab
        self.address = address
        self.pictures = pictures

    async def looks(self, look: str) -> None:
        """See it in the `light`, in the `dark`, or on a `phone`."""
        scheme = "dark" if look == "dark" else "light"
        await self.tab.looks(*_SIZES[look], scheme, phone=look == "phone")

    async def plays(self, person: int, bot: str = "shop_bot") -> None:
        await self.tab.open(f"{self.address}/#{bot}/{person}")
        await self.tab.until("!document.querySelector('#composer').hidden")

    async def writes(self, text: str) -> None:
        await self.tab.click("#text")
        await self.tab.type(text)
        await self.tab.press("Enter")
        await self.sees(text)

    async def sees(self, text: str, where: str = ".bubble") -> None:
        await self.tab.until_text(where, text)

    async def taps(self, text: str) -> None:
        """Tap a button under a message."""
        wanted = json.dumps(text)
        found = f"[...document.querySelectorAll('.key')].find(one => one.innerText.includes({wanted}))"
        await self.tab.until(f"{found}.id = 'tapped'")
        await self.tab.click("#tapped")
        await self.tab.evaluate("document.querySelector('#tapped')?.removeAttribute('id')")

    async def drawn(self) -> None:
        """Let the browser draw twice: what a change sets off has then happened."""
        await self.tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    async def keeps(self, name: str, kind: str = "png") -> None:
        """Keep a picture of what is seen, at rest."""
        await self.tab.evaluate(_AT_REST)
        _write(self.pictures / f"{name}.{kind}", await self.tab.picture(kind))

    def was_pleased(self) -> None:
        assert self.tab.faults == []
        ours = (self.address, "data:", "blob:", "about:")
        assert [one for one in self.tab.asked_for if not one.startswith(ours)] == []


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
