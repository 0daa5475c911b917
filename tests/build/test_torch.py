"""Which torch the reference tests get."""

import pytest

ABSENT = "ERROR: No matching distribution found for torch==2.13.0+cpu"
FULL = "ERROR: [Errno 28] No space left on device"


def calls_for_torch(checkout, fails: str, said: str) -> list[str]:
    """What a reference run calls that has to do with torch."""
    checkout.run("test", "--reference", STAND_IN_FAILS=fails, STAND_IN_SAYS=said)
    return [call for call in checkout.calls() if "torch" in call]


@pytest.mark.parametrize(
    ("fails", "said", "called"),
    [
        ("", "", ["install torch-cpu"]),
        ("install torch-cpu", FULL, ["install torch-cpu"]),
        (
            "install torch-cpu",
            ABSENT,
            ["install torch-cpu", "install torch", "import torch"],
        ),
        (
            "install torch-cpu,import torch",
            ABSENT,
            ["install torch-cpu", "install torch", "import torch", "install torch-cuda"],
        ),
    ],
    ids=["cpu build", "full disk", "no cpu build", "cuda build"],
)
def test_smallest_torch_that_works_is_installed(built, fails, said, called):
    """A CPU build is tried first; CUDA's libraries come only where the import needs them."""
    assert calls_for_torch(built, fails, said) == called


def test_only_the_reference_tier_needs_torch(built):
    """A plain test run installs no torch and no transformers."""
    assert calls_for_torch(built, "", "") == ["install torch-cpu"]
    assert calls_for_torch(built, "", "") == []

    built.run("test")
    assert not [call for call in built.calls() if "torch" in call or "reference" in call]


def test_reference_run_selects_the_reference_tests(built):
    """`test --reference` runs the reference tests and none of the linters."""
    built.run("test", "--reference")

    assert built.calls()[-1] == "pytest"
