"""``rtclient tail | send | upload | download``: chats and files from a shell. Prints texts to the terminal only."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Optional, TypeVar

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from rtserver.wire import chat as w

from .client import Client
from .errors import ClientError
from .events import Event, NotSent, Reloaded
from .transfers import Transfers

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="Read and write chats of an rtserver.")
Url = Annotated[str, typer.Option(envvar="RTCLIENT_URL", help="Address of the server.")]
Token = Annotated[str, typer.Option(envvar="RTCLIENT_TOKEN", help="Session token; better in the environment.")]
StorePath = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads it
    typer.Option("--store", help="File that keeps what was seen and what was not sent yet."),
]
T = TypeVar("T")
LOCAL = "http://127.0.0.1:8080"


@cli.command()
def send(
    chat: str, text: str, token: Token, url: Url = LOCAL, store: StorePath = None, timeout_s: float = 60.0
) -> None:
    """Post TEXT in CHAT; prints its number once the server holds it durably. ``-`` reads the text from stdin."""
    words = sys.stdin.read().rstrip("\n") if text == "-" else text

    async def run() -> int:
        async with asyncio.timeout(timeout_s), Client(url, token, store=store) as client:
            return (await client.post(chat, words)).seq

    typer.echo(_run(run()))


@cli.command()
def upload(
    files: list[Path],
    token: Token,
    chat: Annotated[str, typer.Option(help="Post them in this chat.")] = "",
    text: Annotated[str, typer.Option(help="Words of that message.")] = "",
    url: Url = LOCAL,
    store: StorePath = None,
) -> None:
    """Send FILES, each resumed until it is whole; prints their ids. With --store it goes on where it ended."""

    async def run() -> list[str]:
        async with Transfers(url, token, store=store) as transfers:
            with _bar() as bar:
                ids = [await transfers.upload(one, progress=_watch(bar, one.name)) for one in files]
        if chat:
            async with Client(url, token) as client:
                await client.post(chat, text, files=ids)
        return ids

    for one in _run(run()):
        typer.echo(one)


@cli.command()
def download(file: str, goal: Path, token: Token, url: Url = LOCAL) -> None:
    """Fetch FILE into GOAL, resumed until it is whole."""

    async def run() -> None:
        async with Transfers(url, token) as transfers:
            with _bar() as bar:
                await transfers.download(file, goal, progress=_watch(bar, goal.name))

    _run(run())


def _bar() -> Progress:
    """On the terminal's error stream: ids on the other one can be piped."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True))


def _watch(bar: Progress, name: str) -> Callable[[int, int], None]:
    task = bar.add_task(name, total=None)
    return lambda done, whole: bar.update(task, completed=done, total=whole)


@cli.command()
def tail(
    token: Token,
    chat: Annotated[Optional[str], typer.Argument(help="One chat; all when left out.")] = None,  # noqa: UP045 - typer reads it
    url: Url = LOCAL,
    store: StorePath = None,
    count: Annotated[int, typer.Option(help="Stop after so many events; 0 goes on for ever.")] = 0,
) -> None:
    """Print events as they come. With --store it goes on where it ended last time."""
    console = Console(highlight=False, soft_wrap=True)

    async def run() -> None:
        client = Client(url, token, store=store)
        events = client.events()
        try:
            await client.connect()
            left = count
            async for event in events:
                about = getattr(event, "chat", None)
                events.done()
                if chat is None or about is None or about == chat:
                    line = _line(client, event)
                    if line is not None:
                        console.print(line)
                        left -= 1
                        if left == 0:
                            return
        finally:
            await client.close()

    _run(run())


def _line(client: Client, event: Event) -> Text | None:
    """One line about an event: time, chat, who, what."""
    if isinstance(event, Reloaded):
        return None
    if isinstance(event, NotSent):
        return Text(f"not sent: {event.error.get('code')}", style="red")
    chat = client.state.chats.get(getattr(event, "chat", ""))
    at = datetime.fromtimestamp(getattr(event, "ts", 0) / 1000).astimezone()
    line = Text()
    if isinstance(event, w.ChatEvent | w.AccountEvent):
        line.append(f"{at:%H:%M:%S} ", style="dim")
    line.append((chat.title if chat else "") or getattr(event, "chat", "") or "-", style="cyan")
    who = client.state.people.get(getattr(event, "actor", None) or "")
    if who is not None:
        line.append(f" {who.name}", style="bold")
    if isinstance(event, w.MessagePosted):
        return line.append(f" #{event.seq}: {event.text}")
    return line.append(f" {event.__struct_config__.tag}", style="yellow")


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Exit 1 with the reason on one line instead of a trace."""
    try:
        return asyncio.run(work)
    except TimeoutError:
        typer.echo("no answer in time", err=True)
    except ClientError as error:
        typer.echo(str(error) or "the connection ended", err=True)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(1)


def main() -> None:
    cli()


if __name__ == "__main__":
    main()
