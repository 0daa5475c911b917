"""Ctrl-C anywhere, and what is left behind."""

import os
import signal

import pytest

STAGES = [
    "venv",
    "install export",
    "npm",
    "download pyodide",
    "download model",
    "export",
    "export.self_check",
    "export.fidelity_asset",
    "export.record",
    "export.atlas",
    "export.site",
]


@pytest.mark.parametrize("position", range(len(STAGES)), ids=STAGES)
def test_interrupted_stage_is_resumed(checkout, position):
    """Ctrl-C in any stage ends all at once in one sentence; the next run completes from there."""
    code, said = checkout.interrupt_in(STAGES[position], "build")

    assert code == 130
    assert said == "build.py: Stopped. Run the same command again to go on from here.\n"
    assert not (checkout.root / "dist").exists()
    assert checkout.calls() == STAGES[: position + 1]

    assert checkout.run("build").returncode == 0
    again = STAGES[0] if STAGES[position] == "install export" else STAGES[position]
    assert checkout.calls() == STAGES[STAGES.index(again) :]
    assert (checkout.root / "dist" / "models" / "smollm2-135m-instruct" / "manifest.json").exists()


def test_old_site_stays_while_a_new_one_is_made(built):
    """An interrupted build leaves the site that was there, whole."""
    (built.root / "py/seethrough/view/page.py").write_text("changed = True\n")

    code, _ = built.interrupt_in("export.site", "build")

    assert code == 130
    assert (built.root / "dist" / "index.html").read_text() == "<p>the site"


def test_half_installed_environment_is_made_again(built):
    """After an interrupted pip install no package of that environment is trusted."""
    with (built.root / "export/locks/export.txt").open("a") as lock:
        lock.write("# changed\n")
    built.interrupt_in("install export", "build")
    built.calls()

    assert built.run("build").returncode == 0
    assert built.calls()[:2] == ["venv", "install export"]


def test_nothing_half_made_stays_in_the_user_cache(checkout):
    """An interrupted download leaves no partial file behind."""
    checkout.interrupt_in("download model", "build")

    left = [path.name for path in checkout.cache.rglob("*") if path.is_file()]
    assert sorted(left) == ["micropip.whl", "numpy.whl", "packaging.whl"]


def test_killed_build_is_waited_for(checkout):
    """After a kill -9 the next build waits until what the first one started has ended."""
    first, sleeper = checkout.start_until("export", "build")
    with first:
        first.kill()

    with checkout.start("build") as second:
        wait_for_line(second, "Waiting for another build.py in this checkout")
        assert second.poll() is None
        os.kill(sleeper, signal.SIGKILL)
        second.communicate(timeout=60)

    assert second.returncode == 0


def wait_for_line(process, wanted: str) -> None:
    """Read what a program says until it says this."""
    while wanted not in (line := process.stdout.readline()):
        assert line, "it ended without saying so"
