"""Pages that stand before a site: who asks whether you are a robot, refuses, mends, or wants a script to run. Pure."""

from __future__ import annotations

import re

__all__ = ["BLOCKING", "what_wall"]

BLOCKING = frozenset(["captcha", "refused"])  # the kinds that are meant for us

# Words of pages that stand before a site, not of the site. Short pages only: a release may well speak of captchas.
_WALLS = {
    "captcha": re.compile(
        r"captcha|are you (?:a )?(?:human|robot)|verify (?:that )?you are (?:a )?human|cf-chl-|challenge-platform|"
        r"just a moment\.\.\.|"
        r"checking your browser|请完成安全验证|人机验证|請完成驗證|验证码|滑动验证|安全验证|ddos-guard|"
        r"_incapsula_|geetest",
        re.IGNORECASE,
    ),
    "refused": re.compile(
        r"access denied|403 forbidden|request blocked|you have been blocked|unusual traffic|访问被拒绝|拒絕存取|"
        r"您的请求.{0,20}(?:拦截|攔截)|web application firewall|网站防火墙",
        re.IGNORECASE,
    ),
    "consent": re.compile(
        r"before you continue|cookie consent|we value your privacy|accept (?:all )?cookies|consent\.(?:google|yahoo)|"
        r"同意.{0,6}cookie",
        re.IGNORECASE,
    ),
    "maintenance": re.compile(
        r"under (?:scheduled )?maintenance|temporarily unavailable|we(?:'|’)ll be (?:right )?back|site maintenance|"
        r"系統維護|系统维护|網站維護|网站维护|暫停服務|暂停服务|em manutenção",
        re.IGNORECASE,
    ),
    "sign-in": re.compile(
        r"please (?:sign|log) ?in to continue|session (?:has )?expired|请先登录|請先登入", re.IGNORECASE
    ),
    "script": re.compile(
        r"(?:enable|requires?) javascript|please turn on javascript|请启用javascript",
        re.IGNORECASE,
    ),
}
_TAGS = re.compile(r"<(script|style|noscript)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE)
_SCRIPT_WALL = re.compile(r"<script\b[^>]*>[^<]{1500,}</script>", re.DOTALL | re.IGNORECASE)
_SHORT = 1500  # characters a person sees; walls measured have fewer than 600


def what_wall(page_text: str) -> str:
    """Return what kind of page stands before the site ("captcha", "refused", "consent", …), or "" when none does.

    >>> what_wall("<title>Access denied</title><p>Reference 18.2")
    'refused'
    >>> what_wall("<p>" + "The department spoke of captchas. " * 80)
    ''
    """
    seen = " ".join(_TAGS.sub(" ", page_text[:400_000]).split())
    if len(seen) > _SHORT:
        return ""
    title = re.search(r"<title[^>]*>([^<]{0,200})", page_text[:20_000], re.IGNORECASE)
    head = f"{title[1] if title else ''} {seen}"
    found = next((name for name, rule in _WALLS.items() if rule.search(head)), "")
    if not found and _WALLS["captcha"].search(page_text[:50_000]):
        found = "captcha"
    if not found and len(seen) < 60 and _SCRIPT_WALL.search(page_text[:100_000]):
        found = "script"
    return found
