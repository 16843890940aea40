"""``cifar-context-encoder``: system 0D, the context encoder for tiny pictures."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "cifar-context-encoder",
    "Tiny context encoder",
    "A small context encoder for the middle 8 x 8 of 32 x 32 pixels (the statue thesis' first try, on CIFAR-10): a "
    "quick check of the training, whose fills have no detail; it needs no face.",
    "cifar_context_encoder:CifarContextEncoder",
    use="checking the training; its fills have no detail",
)
