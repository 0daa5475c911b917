"""The search for heads that matter: each is switched off in turn, and the model asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.message import Message
from seethrough.core.errors import CancelledRunError, SeethroughError
from seethrough.core.heads import every_head
from seethrough.core.wants import Wants

if TYPE_CHECKING:
    from seethrough.app.fetcher import Fetcher
    from seethrough.app.service import Service

# Heads between two looks at what was found, and at whether to stop.
AT_ONCE = 4


class Searching:
    """One forward pass for each head of the model, until all are known or the reader stops it.

    What is found is the run's `without`; what is known already is not asked again.
    """

    def __init__(self, service: Service, fetcher: Fetcher) -> None:
        self._service = service
        self._store = service.store
        self._fetcher = fetcher

    async def search(self) -> None:
        """Ask for the answer without each head, those of the shown layer first."""
        run, choice = self._store.state.run, self._store.state.choice
        if run.config is None or choice.is_searching or not self._service.is_loaded(run.model):
            return
        self._store.replace(is_searching=True)
        try:
            heads = sorted(every_head(run.config), key=lambda at: at[0] != choice.layer)
            for first in range(0, len(heads), AT_ONCE):
                some = frozenset(frozenset({head}) for head in heads[first : first + AT_ONCE])
                await self._fetcher.bring(Wants(without=some), self._goes)
                if not self._goes() or not self._store.state.run.is_of(run):
                    return
        except CancelledRunError:
            pass
        except SeethroughError as error:
            self._store.replace(error=Message(error.key, error.fields))
        finally:
            if self._store.state.run.is_of(run):
                self._store.replace(is_searching=False)

    def stop(self) -> None:
        """End it behind the heads that are asked about; what was found stays."""
        self._store.replace(is_searching=False)

    def _goes(self) -> bool:
        """Whether the reader still waits."""
        return self._store.state.choice.is_searching
