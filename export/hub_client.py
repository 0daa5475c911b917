"""The one way to the hub: addresses that may be asked, and failures as sentences."""

from __future__ import annotations

import ipaddress
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import httpx2
from huggingface_hub import constants, set_client_factory
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    disable_progress_bars,
    logging,
)

from seethrough.core.errors import DownloadError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

# The hub sends big files from hosts of its own below these names.
HUB_DOMAINS = ("huggingface.co", "hf.co")
TIMEOUT_S = 30.0
# Written at once; what arrived of an unfinished one is lost in a cut (10 MB where it is not set).
CHUNK_BYTES = 1 << 18
REFUSED = {401, 403}


def prepare() -> None:
    """Have every request of huggingface_hub checked, and nothing asked or told beside them."""
    constants.HF_HUB_DISABLE_TELEMETRY = True
    constants.DOWNLOAD_CHUNK_SIZE = CHUNK_BYTES
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    disable_progress_bars()
    set_client_factory(_client)


def _client() -> httpx2.Client:
    # The hook sees each hop of a redirect; httpx2 drops the token where the origin changes.
    return httpx2.Client(
        event_hooks={"request": [_check]},
        follow_redirects=True,
        timeout=TIMEOUT_S,
        verify=_certificates(),
    )


@cache
def _certificates() -> ssl.SSLContext:
    # Reading them takes a third of a second, and a failed connection makes a new client.
    return httpx2.create_ssl_context()


def _check(request: httpx2.Request) -> None:
    if constants.is_offline_mode():
        raise DownloadError("hub.offline")
    if not may_ask(request.url):
        raise DownloadError("hub.address", address=f"{request.url.scheme}://{request.url.host}")


def may_ask(url: httpx2.URL) -> bool:
    """Whether an address is the hub's: https to its hosts, or to that of HF_ENDPOINT.

    Plain http is for a hub on this very machine alone, and only where HF_ENDPOINT names it so.
    """
    endpoint = httpx2.URL(constants.ENDPOINT)
    is_endpoint = url.host == endpoint.host
    if url.scheme == "https":
        return is_endpoint or any(
            url.host == domain or url.host.endswith(f".{domain}") for domain in HUB_DOMAINS
        )
    return is_endpoint and url.scheme == endpoint.scheme == "http" and _is_this_machine(url.host)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def failures_are_named(repo: str, revision: str, file: str = "") -> Iterator[None]:
    """Turn what huggingface_hub and its connection raise into the sentence that says what to do.

    Args:
        file: What is being downloaded; empty while the repository is asked for its files.

    Raises:
        DownloadError: Always, where anything was raised inside but a full disk.
    """
    try:
        yield
    except GatedRepoError as error:
        raise DownloadError("hub.gated", repo=repo) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise DownloadError("hub.no_repository", repo=repo) from error
    except RevisionNotFoundError as error:
        raise DownloadError("hub.no_revision", repo=repo, revision=revision) from error
    except HfHubHTTPError as error:
        raise _of_status(error.response.status_code, repo) from error
    except OfflineModeIsEnabled as error:
        raise DownloadError("hub.offline") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        if file:
            raise DownloadError("hub.cut", file=file) from error
        raise DownloadError("hub.unreachable", host=httpx2.URL(constants.ENDPOINT).host) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        # A login page, or another server: not what huggingface_hub reads.
        raise DownloadError("hub.not_a_hub", repo=repo) from error


def _of_status(status: int, repo: str) -> DownloadError:
    if status in REFUSED:
        return DownloadError("hub.gated", repo=repo)
    return DownloadError("hub.status", repo=repo, status=status)
