"""Self-repair: a redesigned page is searched for the releases we know, and rules are derived from where they are."""

from __future__ import annotations

from crawler.mend.kept import Mend
from crawler.mend.known import Known
from crawler.mend.listing import Mended, NotMended, mend_listing
from crawler.mend.release import mend_release

__all__ = ["Known", "Mend", "Mended", "NotMended", "mend_listing", "mend_release"]
