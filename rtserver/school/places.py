"""All localities of this server: the list that it ships, and what the operator loaded into the database.

The shipped list is ``data/localities.tsv.gz``, made by ``python -m rtserver.school.geonames``. Searches stand in
``gazetteer``.
"""

from __future__ import annotations

import csv
import gzip
import io
import secrets
import threading
from collections.abc import Iterable
from importlib import resources

from sqlalchemy import Connection, func, insert, select, update

from rtserver.wire import school as w
from rtserver.wire.errors import AppError
from storage import school_tables as s
from storage import tables as t
from storage.db import upsert
from storage.ids import new_id, wire_id

from .gazetteer import Gazetteer, Place, fold_place
from .placenames import read_place

COUNTRIES: dict[str, tuple[str, str]] = {
    "RU": ("Россия", "Russia"),
    "AM": ("Армения", "Armenia"),
    "AZ": ("Азербайджан", "Azerbaijan"),
    "BY": ("Беларусь", "Belarus"),
    "GE": ("Грузия", "Georgia"),
    "KG": ("Киргизия", "Kyrgyzstan"),
    "KZ": ("Казахстан", "Kazakhstan"),
    "MD": ("Молдавия", "Moldova"),
    "TJ": ("Таджикистан", "Tajikistan"),
    "TM": ("Туркмения", "Turkmenistan"),
    "UZ": ("Узбекистан", "Uzbekistan"),
}
"""Countries that the interface can name; those without localities are not offered."""
HINT = "Не ищите районный центр: впишите название своего города, деревни или посёлка"
HINT_EN = "Do not search for the district centre: type the exact place"
LOADED = "localities"
"""Key of the mark that each load of a classifier leaves: a load that only renews changes no count."""
DROP_DOWN = 30
"""R-49: the closed list shows only the largest."""


def shipped() -> list[Place]:
    """The list in the package: name, region, population, time zone of each place."""
    raw = resources.files("rtserver.school").joinpath("data/localities.tsv.gz").read_bytes()
    lines = csv.reader(io.StringIO(gzip.decompress(raw).decode()), delimiter="\t")
    return [Place(int(i), country, name, "", region, int(n), zone) for i, country, name, region, n, zone in lines]


class Places:
    """The gazetteer, built at the first search and again when the database has got other places."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shipped: list[Place] | None = None
        self._seen: tuple[int, int, str] | None = None
        self._gazetteer: Gazetteer | None = None

    def refresh(self, connection: Connection) -> Gazetteer:
        """The gazetteer as of this connection's snapshot."""
        count, newest = connection.execute(select(func.count(), func.max(s.locality.c.id))).one()
        loaded_at = connection.execute(select(t.instance.c.value).where(t.instance.c.key == LOADED)).scalar()
        seen = (count, newest or 0, loaded_at or "")
        with self._lock:
            if self._gazetteer is None or self._seen != seen:
                if self._shipped is None:
                    self._shipped = shipped()
                loaded = [
                    Place(row.id, row.country, row.name, row.district, row.region, row.population, row.time_zone)
                    for row in connection.execute(select(s.locality))
                ]
                own = {place.id for place in loaded}
                self._gazetteer = Gazetteer([*loaded, *(p for p in self._shipped if p.id not in own)])
                self._seen = seen
            return self._gazetteer

    def get(self, place: int) -> Place | None:
        """A place by id, once ``refresh`` has run; it runs in every caller's transaction first."""
        return None if self._gazetteer is None else self._gazetteer.get(place)

    def search(self, connection: Connection, query: str, country: str, limit: int) -> w.Localities:
        gazetteer = self.refresh(connection)
        found = gazetteer.search(query, country, limit) if query.strip() else gazetteer.biggest(country, DROP_DOWN)
        return w.Localities(
            localities=[
                w.Locality(
                    id=wire_id(place.id),
                    name=place.name,
                    district=place.district,
                    region=place.region,
                    population=place.population,
                    time_zone=place.time_zone,
                )
                for place in found
            ],
            hint=HINT,
            hint_en=HINT_EN,
        )

    def countries(self, connection: Connection) -> w.Countries:
        codes = self.refresh(connection).countries()
        return w.Countries(
            countries=[
                w.Country(code=code, name=ru, name_en=en) for code, (ru, en) in COUNTRIES.items() if code in codes
            ]
        )

    def resolve(self, connection: Connection, text: str, country: str, now: int) -> tuple[int, str]:
        """R-48, R-49: the locality that a written place means, and its time zone ("" unknown). A place that no list has
        becomes one, so that S11 finds it by its name; the same words later mean the same place.
        """
        gazetteer = self.refresh(connection)
        said = read_place(text)
        region, zone = gazetteer.region_like(said.region, country) if said.region else ("", "")
        same = [p for p in gazetteer.named(said.name, country) if not said.region or p.region in (region, said.region)]
        if said.district:
            within = [p for p in same if not p.district or fold_place(p.district)[:5] == fold_place(said.district)[:5]]
            same = within
        if len(same) == 1:
            return same[0].id, same[0].time_zone
        number = new_id(now)
        connection.execute(
            insert(s.locality).values(
                id=number,
                country=country,
                name=said.name,
                district=said.district,
                region=region or said.region,
                time_zone=zone,
                source="operator",
            )
        )
        return number, zone

    def known(self, connection: Connection, place: int) -> Place:
        found = self.refresh(connection).get(place)
        if found is None:
            raise AppError("locality_unknown")
        return found


def save_places(connection: Connection, places: Iterable[tuple[Place, str]]) -> tuple[int, int]:
    """Add or renew places with their source; how many were new and how many renewed."""
    have = set(connection.execute(select(s.locality.c.id)).scalars())
    added = renewed = 0
    fresh = []
    for place, source in places:
        values = {
            "country": place.country,
            "name": place.name,
            "district": place.district,
            "region": place.region,
            "population": place.population,
            "time_zone": place.time_zone,
            "source": source,
        }
        if place.id in have:
            connection.execute(update(s.locality).where(s.locality.c.id == place.id).values(**values))
            renewed += 1
        else:
            fresh.append({"id": place.id, **values})
            have.add(place.id)
            added += 1
    for start in range(0, len(fresh), 1_000):
        connection.execute(insert(s.locality), fresh[start : start + 1_000])
    stamp = secrets.token_hex(8)
    statement = upsert(connection, t.instance).values(key=LOADED, value=stamp)
    connection.execute(statement.on_conflict_do_update(index_elements=[t.instance.c.key], set_={"value": stamp}))
    return added, renewed
