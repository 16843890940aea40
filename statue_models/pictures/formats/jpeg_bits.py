"""The codes of a JPEG scan, read to see whether they make sense, not for samples (ITU-T T.81, annexes F.2 and G.2)."""

import re

import numpy as np

#: Bits of the largest differences and coefficients of 8-bit samples (T.81 F.1.2.1 and F.1.2.2).
DC_BITS, AC_BITS = 11, 10
#: Zero bytes in a row that are a lost block of the disk, and no codes; chosen.
LOST = re.compile(rb"\0{48}")


class DamageError(Exception):
    """The codes make no sense any more."""


class Bits:
    """A stream of bits, and what is coded in it.

    Attributes:
        end: of the bits that mean something; place: of the next one.
    """

    def __init__(self, content: bytes, may_be_lost: bool) -> None:
        """Take a piece of a scan, its stuffing removed; with ``may_be_lost`` many zeros end it."""
        padded = np.frombuffer(content + bytes(3), np.uint8).astype(np.int32)
        self._words: list[int] = (padded[:-2] << 16 | padded[1:-1] << 8 | padded[2:]).tolist()
        lost = LOST.search(content) if may_be_lost else None
        self.end = 8 * (len(content) if lost is None else lost.start())
        self.place = 0

    def _symbol(self, table: list[int]) -> int:
        place = self.place
        found = table[self._words[place >> 3] >> (8 - (place & 7)) & 0xFFFF]
        if not found:
            raise DamageError
        self.place = place + (found >> 8)
        return found & 0xFF

    def _number(self, size: int) -> int:
        place = self.place
        self.place = place + size
        return (self._words[place >> 3] >> (8 - (place & 7)) & 0xFFFF) >> (16 - size)

    def difference(self, table: list[int]) -> int:
        """The difference of a mean to the last one (T.81 F.2.2.1)."""
        size = self._symbol(table)
        if size > DC_BITS:
            raise DamageError
        value = self._number(size)
        return value if not size or value >> (size - 1) else value - (1 << size) + 1

    def skip_block(self, table: list[int], limits: list[int]) -> None:
        """The other 63 coefficients of a sequential block (F.2.2.2). Written out, since most of the time goes here."""
        words, place, k = self._words, self.place, 0
        while k < 63:
            found = table[words[place >> 3] >> (8 - (place & 7)) & 0xFFFF]
            size = found & 15
            if size:
                k += (found >> 4 & 15) + 1
                if size > limits[k]:
                    raise DamageError
            elif found & 0xF0 == 0xF0:
                k += 16
            elif found & 0xF0 or not found:
                raise DamageError
            else:
                place += found >> 8
                break
            place += (found >> 8) + size
        if k > 63:
            raise DamageError
        self.place = place

    def first_pass(
        self, table: list[int], limits: list[int], run: int, known: dict[int, int], block: int, first: int, last: int
    ) -> int:
        """A block's coefficients of a band, first bits (G.1.2.2); how many blocks that end at once follow."""
        if run:
            return run - 1
        k, seen = first, 0
        while k <= last:
            symbol = self._symbol(table)
            zeros, size = symbol >> 4, symbol & 15
            if size:
                k += zeros
                if k > last or size > limits[k]:
                    raise DamageError
                self.place += size
                seen |= 1 << k
                k += 1
            elif zeros == 15:
                k += 16
            else:
                run = (1 << zeros) + self._number(zeros) - 1
                break
        if k > last + 1:
            raise DamageError
        if seen:
            known[block] = known.get(block, 0) | seen
        return run

    def refine(self, table: list[int], run: int, known: dict[int, int], block: int, first: int, last: int) -> int:
        """A block's coefficients of a band, one more bit (G.1.2.3)."""
        seen, k = known.get(block, 0), first
        if not run:
            while k <= last:
                symbol = self._symbol(table)
                zeros, size = symbol >> 4, symbol & 15
                if size > 1:
                    raise DamageError
                if not size and zeros < 15:
                    run = (1 << zeros) + self._number(zeros)
                    break
                self.place += size
                while k <= last:
                    if seen >> k & 1:
                        self.place += 1
                    elif zeros:
                        zeros -= 1
                    else:
                        break
                    k += 1
                if size:
                    if k > last:
                        raise DamageError
                    known[block] = known.get(block, 0) | 1 << k
                k += 1
        if run:
            self.place += ((seen >> k) & ((1 << (last - k + 1)) - 1)).bit_count() if k <= last else 0
            run -= 1
        return run
