"""A tab of a browser, driven as a person would drive it: real clicks and keys, over the DevTools protocol."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp

_PATIENCE_S = 20
_BIGGEST_ANSWER = 64 * 1024 * 1024
# Looks again every few milliseconds, inside the page, until the expression is true.
_UNTIL = """new Promise(done => {
  const look = () => { const found = (() => { try { return %s } catch { return null } })();
    found ? done(found) : setTimeout(look, 15) };
  look() })"""
_KEYS = {"Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39, "Tab": 9}
_ALT, _SHIFT = 1, 8
_FAULTY = {"Runtime.exceptionThrown", "Log.entryAdded"}


class DevTools:
    """One WebSocket to the browser, shared by its tabs."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._tabs: dict[str, Tab] = {}

    @classmethod
    @asynccontextmanager
    async def connected(cls, address: str) -> AsyncIterator[Self]:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(address, max_msg_size=_BIGGEST_ANSWER) as socket,
        ):
            tools = cls(socket)
            reading = asyncio.create_task(tools._read())
            yield tools
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    @asynccontextmanager
    async def tab(self) -> AsyncIterator["Tab"]:
        """Open a tab with a profile of its own, as a second visitor has one."""
        context = (await self.ask("Target.createBrowserContext"))["browserContextId"]
        target = (await self.ask("Target.createTarget", url="about:blank", browserContextId=context))["targetId"]
        session = (await self.ask("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        tab = self._tabs[session] = Tab(self, session)
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            await tab.ask(f"{domain}.enable")
        await tab.ask("Emulation.setFocusEmulationEnabled", enabled=True)
        yield tab
        await self.ask("Target.disposeBrowserContext", browserContextId=context)
        del self._tabs[session]

    async def ask(self, command: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        order = {"id": number, "method": command, "params": parameters, **({"sessionId": session} if session else {})}
        await self._socket.send_json(order)
        async with asyncio.timeout(_PATIENCE_S):
            answer = await self._waiting[number]
        if "error" in answer:
            raise RuntimeError(f"{command}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def _read(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._waiting.pop(told["id"]).set_result(told)
            elif tab := self._tabs.get(told.get("sessionId", "")):
                tab.hear(told["method"], told["params"])


def _complaint(told: dict[str, Any]) -> str:
    thrown = told.get("exceptionDetails", {}).get("exception", {}).get("description")
    return str(thrown) if thrown else json.dumps(told)


class Tab:
    """`asked_for` are the addresses that were loaded, `faults` what the browser complained of."""

    def __init__(self, tools: DevTools, session: str) -> None:
        self._tools = tools
        self._session = session
        self.asked_for: list[str] = []
        self.faults: list[str] = []

    def hear(self, event: str, told: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.asked_for.append(told["request"]["url"])
        elif event in _FAULTY:
            self.faults.append(_complaint(told))

    async def ask(self, command: str, **parameters: Any) -> dict[str, Any]:
        return await self._tools.ask(command, self._session, **parameters)

    async def looks(self, width: int, height: int, scheme: str, *, phone: bool = False, scale: int = 2) -> None:
        """Set the window's size, and `light` or `dark`."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )
        await self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    async def open(self, address: str) -> None:
        await self.ask("Page.navigate", url=address)
        await self.until("document.readyState === 'complete'")

    async def evaluate(self, expression: str) -> Any:
        answer = await self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Wait for it to be true; give what it is."""
        try:
            return await self.evaluate(_UNTIL % expression)
        except TimeoutError as error:
            shown = await self.evaluate("document.body.innerText")
            raise AssertionError(f"it never came true: {expression}\nThe page says: {shown}\n{self.faults}") from error

    async def until_text(self, selector: str, text: str) -> None:
        quoted, wanted = json.dumps(selector), json.dumps(text)
        await self.until(f"[...document.querySelectorAll({quoted})].some(one => one.innerText.includes({wanted}))")

    async def click(self, selector: str) -> None:
        """Press the mouse in the middle of the first fitting element, as soon as it lies open there."""
        quoted = json.dumps(selector)
        x, y = await self.until(f"""(() => {{
          const one = document.querySelector({quoted});
          one.scrollIntoView({{ block: "nearest" }});
          const box = one.getBoundingClientRect();
          const at = [box.x + box.width / 2, box.y + box.height / 2];
          const hit = document.elementFromPoint(...at);
          return !one.disabled && (one === hit || one.contains(hit)) && at }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            await self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def type(self, text: str) -> None:
        await self.ask("Input.insertText", text=text)

    async def press(self, key: str, *, alt: bool = False, shift: bool = False) -> None:
        code = key if len(key) > 1 else f"Key{key.upper()}"
        number = _KEYS.get(key) or ord(key.upper())
        held = {"modifiers": alt * _ALT + shift * _SHIFT, "key": key, "code": code, "windowsVirtualKeyCode": number}
        text = {"text": "\r"} if key == "Enter" else {}
        await self.ask("Input.dispatchKeyEvent", type="keyDown", **held, **text)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", **held)

    async def choose_file(self, selector: str, path: Path) -> None:
        root = (await self.ask("DOM.getDocument"))["root"]["nodeId"]
        node = (await self.ask("DOM.querySelector", nodeId=root, selector=selector))["nodeId"]
        await self.ask("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    async def picture(self, kind: str = "png") -> bytes:
        """As `png`, or as `webp`, which is smaller and not quite exact."""
        wanted = {"format": kind, **({"quality": 75} if kind == "webp" else {})}
        return base64.b64decode((await self.ask("Page.captureScreenshot", **wanted))["data"])
