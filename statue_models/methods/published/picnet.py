"""``picnet``: system 4I, pluralistic completion."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "picnet",
    "Pluralistic completion",
    "PICNet (Zheng et al. 2019): draws several different completions of one face from a distribution that it reads off "
    "what is visible, and looks there for what the hole may borrow.",
    "picnet:Picnet",
    needs="face",
    hypotheses=True,
    use="faces, several answers for holes of any form",
)
