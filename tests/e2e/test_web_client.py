"""The web client in real browsers on a real server: what is typed arrives once, whatever network and server do."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.e2e.browser import Person
from tests.e2e.conftest import School
from tests.e2e.server import Client, ServerProcess

ROOT = Path(__file__).parents[2]


async def history(server: ServerProcess, school: School, chat: str) -> list[str]:
    """The server's word on what stands in the chat."""
    client = Client(school.tokens["teacher"])
    await client.connect(server.url)
    page = await client.call("message.history", chat=chat, limit=100)
    await client.close()
    return [message["text"] for message in page["messages"]]


async def test_two_browsers_chat_both_ways(people: tuple[Person, Person], chat: str) -> None:
    """E-1: what one writes the other sees at once, in both directions, with emoji unharmed."""
    masha, kolya = people
    for person in people:
        await person.open_chat(chat)
    await masha.write("Привет, Коля 👩‍🏫")
    await expect(kolya.message("Привет, Коля 👩‍🏫")).to_have_count(1)
    await kolya.write("Привет! <b>не жирно</b>")
    await expect(masha.message("Привет! <b>не жирно</b>")).to_have_count(1)
    await expect(masha.message("Привет, Коля 👩‍🏫")).to_have_count(1)


async def test_what_is_written_without_a_network_is_delivered_once(
    people: tuple[Person, Person], chat: str, server: ServerProcess, school: School
) -> None:
    """E-1, experience 4.1: three messages wait for the network, then come once and in order."""
    masha, kolya = people
    for person in people:
        await person.open_chat(chat)
    await masha.write("в сети")
    await expect(kolya.message("в сети")).to_have_count(1)
    await masha.context.set_offline(True)
    texts = ["без сети один", "без сети два", "без сети три"]
    for text in texts:
        await masha.write(text)
        await expect(masha.message(text)).to_have_count(1)
    assert await history(server, school, chat) == ["в сети"]
    await masha.context.set_offline(False)
    for text in texts:
        await expect(kolya.message(text)).to_have_count(1)
    assert await history(server, school, chat) == ["в сети", *texts]
    for text in texts:
        await expect(masha.message(text)).to_have_count(1)


async def test_unsent_messages_outlive_the_tab(
    people: tuple[Person, Person], chat: str, server: ServerProcess, school: School
) -> None:
    """E-1: the tab is closed before the network is back; the next one sends what it left."""
    masha, kolya = people
    for person in people:
        await person.open_chat(chat)
    await masha.write("в сети")
    await expect(kolya.message("в сети")).to_have_count(1)
    await masha.context.set_offline(True)
    await masha.write("из закрытой вкладки")
    await expect(masha.message("из закрытой вкладки")).to_have_count(1)
    await masha.page.close()
    await masha.context.set_offline(False)
    masha.page = await masha.context.new_page()
    masha.watch(masha.page)
    await masha.open_chat(chat)
    await expect(kolya.message("из закрытой вкладки")).to_have_count(1)
    assert await history(server, school, chat) == ["в сети", "из закрытой вкладки"]


async def test_a_killed_server_loses_and_doubles_nothing(
    people: tuple[Person, Person], chat: str, server: ServerProcess, school: School
) -> None:
    """E-1, E-2: kill -9 while somebody types; after the restart both browsers have what the server has."""
    masha, kolya = people
    server.environment["RT_SERVER__PORT"] = str(server.port)
    for person in people:
        await person.open_chat(chat)
    texts = [f"строка {number}" for number in range(12)]
    for number, text in enumerate(texts):
        if number == 5:
            server.kill()
        if number == 9:
            server.start()
        await masha.write(text)
    await expect(kolya.message(texts[-1])).to_have_count(1, timeout=60_000)
    assert await history(server, school, chat) == texts
    for person in people:
        for text in texts[-4:]:  # the newest are on the screen
            await expect(person.message(text)).to_have_count(1)


async def test_a_deep_link_restores_after_a_reload(people: tuple[Person, Person], chat: str) -> None:
    """Experience §2: the URL is the state; a reload shows the same conversation."""
    masha, _ = people
    await masha.open_chat(chat)
    await masha.write("останется")
    await expect(masha.message("останется")).to_have_count(1)
    await masha.page.reload()
    await expect(masha.message("останется")).to_have_count(1)
    assert masha.page.url == f"{masha.url}/messages/{chat}"


async def test_the_page_starts_without_a_network(people: tuple[Person, Person], chat: str) -> None:
    """E-2: the shell comes from the service worker, the last messages from the account's cache."""
    masha, _ = people
    await masha.open_chat(chat)
    await masha.write("читается без сети")
    await expect(masha.message("читается без сети")).to_have_count(1)
    await masha.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await masha.kept("читается без сети")
    await masha.page.goto("about:blank")
    await masha.context.set_offline(True)
    await masha.page.goto(f"{masha.url}/messages/{chat}")
    await expect(masha.message("читается без сети")).to_have_count(1)
    await masha.context.set_offline(False)


async def test_a_chat_that_was_only_looked_into_can_be_read_without_a_network(
    people: tuple[Person, Person], chat: str
) -> None:
    """E-2: left as soon as its messages were on the screen, and reloaded since; offline it shows them all the same."""
    masha, kolya = people
    await kolya.open_chat(chat)
    await kolya.write("на бегу")
    await masha.open_chat(chat)
    await expect(masha.message("на бегу")).to_have_count(1)
    await masha.page.goto(f"{masha.url}/messages")
    await masha.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await masha.page.reload()
    await masha.page.goto("about:blank")
    await masha.context.set_offline(True)
    await masha.page.goto(f"{masha.url}/messages/{chat}")
    await expect(masha.message("на бегу")).to_have_count(1)
    await masha.context.set_offline(False)
