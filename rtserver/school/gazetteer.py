"""Search over every locality at once (R-49, F4): prefixes first, then near spellings, the biggest first. Pure.

Words are folded (case, ё to е, hyphens to spaces). A near spelling shares enough pairs of letters with the query and is
within an edit distance of one letter in five and one more. With 155,000 made-up places, the size of the official
classifier, beginnings take 0.1 ms, slips 9 to 125 ms and building 2.4 s and 140 MiB (one shared core).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest

RESULTS_MAX = 50
QUERY_CHARS = 80
ENOUGH = 3
"""With so many exact beginnings nobody looks for a slip of the pen."""
CANDIDATES_MAX = 300
"""Near spellings whose edit distance is computed: those that share most pairs of letters."""


REGION_WORDS = frozenset({"область", "обл", "край", "республика", "респ", "автономный", "округ", "ао"})
"""What regions are called, which tells none from another."""


@dataclass(frozen=True, slots=True)
class Place:
    """A locality; ``population`` 0 is unknown."""

    id: int
    country: str
    name: str
    district: str
    region: str
    population: int
    time_zone: str

    @property
    def words(self) -> str:
        """«Сосновка, Тамбовская область» as people read it."""
        return ", ".join(dict.fromkeys(filter(None, (self.name, self.district, self.region))))


def fold_place(text: str) -> str:
    plain = text.casefold().replace("ё", "е").replace("-", " ").replace(".", " ")
    return " ".join(plain.split())[:QUERY_CHARS]


def pairs(text: str) -> set[str]:
    """Neighbouring letters, with the word's beginning and end marked."""
    marked = f"^{text}$"
    return {marked[i : i + 2] for i in range(len(marked) - 1)}


def edit_distance(a: str, b: str, bound: int) -> int:
    """Letters to change, add, drop or swap with the neighbour; ``bound`` + 1 as soon as it is more."""
    if abs(len(a) - len(b)) > bound:
        return bound + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > bound:
            return bound + 1
    return row[-1]


def _same(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


_NOWHERE = array("I")


class Gazetteer:
    """Built once from all places, then only read; any thread may ask."""

    def __init__(self, places: Iterable[Place]) -> None:
        # the biggest first: every answer is a slice of this order
        self._places = sorted(places, key=lambda p: (-p.population, p.name, p.region, p.id))
        self._by_id = {place.id: place for place in self._places}
        self._folded = [fold_place(place.name) for place in self._places]
        starts: list[tuple[str, int]] = []
        for number, name in enumerate(self._folded):
            words = name.split()
            starts.extend((" ".join(words[i:]), number) for i in range(len(words)))
        starts.sort()
        self._starts = [start for start, _ in starts]
        self._start_place = array("I", [number for _, number in starts])
        grams: dict[str, array[int]] = defaultdict(lambda: array("I"))
        for number, name in enumerate(self._folded):
            for pair in pairs(name):
                grams[pair].append(number)
        self._grams = dict(grams)

    def __len__(self) -> int:
        return len(self._places)

    def get(self, place: int) -> Place | None:
        return self._by_id.get(place)

    def countries(self) -> list[str]:
        """Codes of countries that have places."""
        return sorted({place.country for place in self._places})

    def named(self, name: str, country: str) -> list[Place]:
        """Places of exactly this name, the biggest first."""
        folded = fold_place(name)
        return [
            self._places[n]
            for n in sorted(self._with_prefix(folded))
            if self._folded[n] == folded and self._places[n].country == country
        ]

    def region_like(self, text: str, country: str) -> tuple[str, str]:
        """The region that the text means, as the list writes it, and the time zone of its biggest place; empty texts
        for none. Every word of the text must begin a word of the region's name or the other way round.
        """
        wanted = [word for word in fold_place(text).split() if word not in REGION_WORDS]
        for place in self._places if wanted else ():
            words = [word for word in fold_place(place.region).split() if word not in REGION_WORDS]
            if place.country == country and words and all(any(_same(one, w) for w in words) for one in wanted):
                return place.region, place.time_zone
        return "", ""

    def biggest(self, country: str, limit: int = RESULTS_MAX) -> list[Place]:
        """The closed drop-down (R-49)."""
        found = []
        for place in self._places:
            if place.country == country:
                found.append(place)
                if len(found) == limit:
                    break
        return found

    def search(self, query: str, country: str, limit: int = RESULTS_MAX) -> list[Place]:
        """Places that the query may mean. The region or district may follow the name, after a comma or a space."""
        name, _, rest = query.partition(",")
        folded, wanted = fold_place(name), fold_place(rest).split()
        if not folded:
            return self.biggest(country, limit)
        found = self._with_prefix(folded)
        words = folded.split()
        for cut in range(len(words) - 1, 0, -1):  # «сосновка тамбовская»: the last words may name the region
            if found:
                break
            found = self._narrow(self._with_prefix(" ".join(words[:cut])), words[cut:])
        exact = [n for n in found if self._folded[n] == folded]
        numbers = list(dict.fromkeys([*exact, *sorted(found)]))
        numbers = [n for n in self._narrow(numbers, wanted) if self._places[n].country == country]
        if len(numbers) < ENOUGH and len(folded) >= 3:
            near = self._narrow(self._near(folded), wanted)
            numbers += [n for n in near if self._places[n].country == country and n not in set(numbers)]
        return [self._places[n] for n in numbers[:limit]]

    def _with_prefix(self, folded: str) -> list[int]:
        low = bisect_left(self._starts, folded)
        high = bisect_left(self._starts, folded + "\U0010ffff")
        return list(set(self._start_place[low:high]))

    def _narrow(self, numbers: list[int], wanted: list[str]) -> list[int]:
        """Those whose district or region has a word that begins with each wanted one."""
        if not wanted:
            return numbers
        kept = []
        for number in numbers:
            place = self._places[number]
            about = fold_place(f"{place.district} {place.region}").split()
            if all(any(word.startswith(one) for word in about) for one in wanted):
                kept.append(number)
        return kept

    def _near(self, folded: str) -> list[int]:
        """Numbers of near spellings, nearest first, then the biggest."""
        bound = 1 + len(folded) // 5
        # a slip takes three pairs at most, so of the rarest 3 x bound + 1 one is left in every near spelling
        rare = sorted((self._grams.get(pair, _NOWHERE) for pair in pairs(folded)), key=len)[: 3 * bound + 1]
        shared: dict[int, int] = defaultdict(int)
        for numbers in rare:
            for number in numbers:
                shared[number] += 1
        candidates = nsmallest(CANDIDATES_MAX, ((-n, number) for number, n in shared.items()))
        near = [(edit_distance(folded, self._folded[number], bound), number) for _, number in candidates]
        return [number for distance, number in sorted(near) if distance <= bound]
