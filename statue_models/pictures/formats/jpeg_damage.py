"""Damaged JPEG files: decoders go on in silence and fill what they cannot read with grey or with shifted colours.

That a file is damaged libjpeg says on stderr alone; from which row on is found by reading its Huffman codes
again, which is done for damaged files only. Damage that leaves as many blocks as there were (one tenth of random
damage, more in the last scans of progressive files) no decoder notices.
Source: ITU-T T.81, annexes B (segments), F.2 and G.2 (decoding).
"""

import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import cv2
import numpy as np

from statue_models.pictures.formats.jpeg_bits import AC_BITS, LOST, Bits, DamageError
from statue_models.pictures.formats.jpeg_segments import walk
from statue_models.pictures.formats.stderr import libraries_heard

_SOS, _DHT, _DRI, _DQT = 0xDA, 0xC4, 0xDD, 0xDB
_SEQUENTIAL, _PROGRESSIVE = (0xC0, 0xC1), 0xC2
_RESTART = re.compile(rb"\xff+([\xd0-\xd7])")
#: The largest mean of 8-bit samples (T.81 F.1.2.1).
_LARGEST_DC = 2047
#: Bytes that may follow a scan's last code: padding of encoders; chosen.
_PADDING = 2
#: From this coefficient on, as zigzag counts, no photograph has any larger than that, in units of samples times 8;
#: chosen: what other bytes are taken for soon has.
_FINE, _LARGEST_FINE = 20, 400
_END_OF_BLOCK = 0  #: symbol (F.1.2.2.1)


def is_damaged(data: bytes) -> bool:
    """Whether libjpeg has something to complain of, which is asked to decode the file at an eighth of its size.

    It counts blocks. A lost part of the disk, all zeros, can come out even, and is looked for besides.
    """
    with libraries_heard() as complaints, suppress(cv2.error):
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8)
    return any(not line.startswith(b"Warning: ") for line in complaints) or _has_lost_part(data)


def _has_lost_part(data: bytes) -> bool:
    tables: dict[int, list[int]] = {}
    for marker, start, end in walk(data):
        if marker == _DHT:
            with suppress(IndexError, ValueError):
                tables.update(_tables(data[start:end]))
        elif marker == _SOS:
            found = LOST.search(data, end)
            return found is not None and _means_nothing(tables)
    return False


def _means_nothing(tables: dict[int, list[int]]) -> bool:
    """Whether zeros are no blocks of one colour, as flat pictures may have them: no code of zeros ends a block."""
    return any(number >> 4 == 1 and table[0] & 0xFF != _END_OF_BLOCK for number, table in tables.items())


def first_damaged_row(data: bytes) -> int:
    """The row, as the file stores them, from which on the picture cannot be trusted; 0 where that cannot be told."""
    frame: _Frame | None = None
    tables: dict[int, list[int]] = {}
    steps: dict[int, tuple[int, ...]] = {}
    interval = 0
    row: int | None = None
    for marker, start, end in walk(data):
        body = data[start:end]
        try:
            if marker in (*_SEQUENTIAL, _PROGRESSIVE):
                frame = _Frame.of(body, marker == _PROGRESSIVE)
            elif marker == _DQT:
                steps.update(_steps(body))
            elif marker == _DHT:
                tables.update(_tables(body))
            elif marker == _DRI:
                (interval,) = struct.unpack(">H", body)
            elif marker == _SOS and frame is not None:
                scan = _Scan(frame, body, tables, steps, interval)
                if row is None:
                    row = scan.first_damaged_row(data, end)
        except (struct.error, IndexError, KeyError, ValueError):
            return 0
    return 0 if row is None or frame is None or frame.lacks_scans() else row


@dataclass
class _Component:
    across: int  # blocks per MCU
    down: int
    columns: int  # blocks of its own, without what fills MCUs
    rows: int
    stride: int  # blocks with what fills MCUs
    table: int  # of quantisation steps
    known: dict[int, int] = field(default_factory=dict)  # block -> bits of its coefficients that are not zero
    lacking: list[int] = field(default_factory=lambda: [16] * 64)  # bits of each coefficient that are still to come


@dataclass
class _Frame:
    height: int
    across: int  # MCUs
    down: int
    mcu_height: int  # pixels
    progressive: bool
    components: dict[int, _Component]

    @classmethod
    def of(cls, body: bytes, progressive: bool) -> "_Frame":
        height, width, count = struct.unpack_from(">HHB", body, 1)
        rows = [body[6 + 3 * k : 9 + 3 * k] for k in range(count)]
        wide, high = max(row[1] >> 4 for row in rows), max(row[1] & 15 for row in rows)
        across, down = -(-width // (8 * wide)), -(-height // (8 * high))
        components = {}
        for number, factors, table in rows:
            h, v = factors >> 4, factors & 15
            columns, lines = -(-width * h // (8 * wide)), -(-height * v // (8 * high))
            components[number] = _Component(h, v, columns, lines, across * h, table)
        return cls(height, across, down, 8 * high, progressive, components)

    def lacks_scans(self) -> bool:
        """Whether the file ends before all bits of all coefficients have come."""
        return self.progressive and any(any(component.lacking) for component in self.components.values())


def _steps(body: bytes) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(number, 64 quantisation steps in zigzag order) of each table (B.2.4.1)."""
    place = 0
    while place < len(body):
        kind = "H" if body[place] >> 4 else "B"
        yield body[place] & 15, struct.unpack_from(f">64{kind}", body, place + 1)
        place += 1 + 64 * struct.calcsize(kind)


def _limits(steps: tuple[int, ...], shift: int) -> list[int]:
    """Bits that each of 64 coefficients, and one beyond, can have; ``shift`` of them are still to come."""
    fine = [(_LARGEST_FINE // step >> shift).bit_length() for step in steps]
    return [AC_BITS if k < _FINE else min(AC_BITS, max(1, fine[k])) for k in range(64)] + [0] * 17


def _tables(body: bytes) -> Iterator[tuple[int, list[int]]]:
    """(class and number, for each 16 bits: length of the code that they start with, times 256, plus its symbol)."""
    place = 0
    while place + 17 <= len(body):
        counts = body[place + 1 : place + 17]
        symbols = body[place + 17 : place + 17 + sum(counts)]
        lookup = np.zeros(1 << 16, np.int32)
        code, used = 0, 0
        for length, count in enumerate(counts, 1):
            for symbol in symbols[used : used + count]:
                first = code << (16 - length)
                lookup[first : first + (1 << (16 - length))] = length << 8 | symbol
                code += 1
            used += count
            code <<= 1
        yield body[place], lookup.tolist()
        place += 17 + len(symbols)


class _Scan:
    """One scan: which blocks come in which order, and how each is coded."""

    def __init__(
        self,
        frame: _Frame,
        body: bytes,
        tables: dict[int, list[int]],
        steps: dict[int, tuple[int, ...]],
        interval: int,
    ) -> None:
        count = body[0]
        self._frame, self._interval = frame, interval
        self._may_be_lost = _means_nothing(tables)
        self._parts = []
        self._first, self._last, approximation = body[1 + 2 * count : 4 + 2 * count]
        self._refines = approximation >> 4 > 0
        self._shift = approximation & 15
        for k in range(count):
            number, which = body[1 + 2 * k], body[2 + 2 * k]
            dc, ac = tables.get(which >> 4, []), tables.get(16 | which & 15, [])
            component = frame.components[number]
            self._parts.append((component, dc, ac, _limits(steps[component.table], self._shift)))
            component.lacking[self._first : self._last + 1] = [self._shift] * (self._last + 1 - self._first)

    def first_damaged_row(self, data: bytes, start: int) -> int | None:
        """None where all codes make sense, and are as many as the scan has blocks."""
        following = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]").search(data, start)
        coded = data[start : following.start() if following else len(data)]
        pieces = _RESTART.split(coded)
        units = self._units()
        size = self._interval or len(units)
        done = 0
        for number, piece in enumerate(pieces[::2]):
            if done >= len(units):
                return self._row_of(units[-1]) if piece else None
            if number and pieces[2 * number - 1][0] & 7 != (number - 1) & 7:
                return self._row_of(units[done])
            bits = Bits(piece.replace(b"\xff\0", b"\xff"), self._may_be_lost)
            here = units[done : done + size]
            reached = self._read(bits, here)
            if reached < len(here):
                return self._row_of(here[reached])
            if bits.end - bits.place > 8 * _PADDING + 7:
                return self._row_of(here[0]) if self._interval else 0
            done += size
        return self._row_of(units[done]) if done < len(units) else None

    def _units(self) -> range:
        """MCUs of the scan; of one component alone its own blocks (T.81 A.2.2)."""
        if len(self._parts) > 1:
            return range(self._frame.across * self._frame.down)
        return range(self._parts[0][0].columns * self._parts[0][0].rows)

    def _row_of(self, unit: int) -> int:
        if len(self._parts) > 1:
            row = unit // self._frame.across * self._frame.mcu_height
        else:
            component = self._parts[0][0]
            row = unit // component.columns * self._frame.mcu_height // component.down
        return min(row, self._frame.height - 1)

    def _blocks(self, unit: int) -> Iterator[tuple[int, int]]:
        """(part, number of the block in its component) of a unit."""
        if len(self._parts) == 1:
            component = self._parts[0][0]
            yield 0, unit // component.columns * component.stride + unit % component.columns
            return
        down, across = divmod(unit, self._frame.across)
        for number, (component, *_) in enumerate(self._parts):
            for y in range(component.down):
                for x in range(component.across):
                    row = down * component.down + y
                    yield number, row * component.stride + across * component.across + x

    def _read(self, bits: "Bits", units: range) -> int:
        """How many units make sense."""
        means = [0] * len(self._parts)
        run = 0
        for done, unit in enumerate(units):
            try:
                for number, block in self._blocks(unit):
                    component, dc, ac, limits = self._parts[number]
                    if self._first == 0 and self._refines:
                        bits.place += 1
                    elif self._first == 0:
                        means[number] += bits.difference(dc) << self._shift
                        if abs(means[number]) > _LARGEST_DC:
                            raise DamageError
                    if self._last and not self._frame.progressive:
                        bits.skip_block(ac, limits)
                    elif self._last and self._refines:
                        run = bits.refine(ac, run, component.known, block, self._first, self._last)
                    elif self._last:
                        run = bits.first_pass(ac, limits, run, component.known, block, self._first, self._last)
                if bits.place > bits.end:
                    raise DamageError
            except (DamageError, IndexError):
                return done
        return len(units)
