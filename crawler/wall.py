"""Pages that stand before a site: who asks whether you are a robot, refuses, mends, or wants a script to run. Pure."""

from __future__ import annotations

import json
import re
from html import unescape
from http import HTTPStatus
from typing import Final

__all__ = ["BLOCKING", "is_announced", "what_wall"]

BLOCKING: Final = frozenset(["captcha", "refused"])
"""The kinds that are meant for us."""

# Words of pages that stand before a site, not of the site. Short pages only: a release may well speak of captchas.
_WALLS: Final = {
    "captcha": (
        r"captcha|just a moment\.\.\.|checking your browser|ddos-guard|_incapsula_|incapsula incident|geetest|"
        r"cf-chl-|_cf_chl|challenge-platform|sec-if-cpt|px-captcha|datadome|powered and protected by|"
        r"are you (?:a )?(?:human|robot)|not a robot|verif\w+ .{0,20}\bhuman|"
        r"verifi\w+ (?:se|que|de que) .{0,12}(?:humano|robô)|não sou um robô|segurança da sua (?:ligação|conexão)|"
        r"(?:验证|驗證|確認|确认|是否).{0,8}(?:真人|人类|人類|机器人|機器人)|人机验证|人機驗證|"
        r"(?:滑块|滑塊|拼图|拼圖|滑动|滑動|拖动|拖動).{0,8}(?:验证|驗證|滑块|滑塊|拼图|拼圖)|"
        r"(?:完成|进行|進行|通过|通過|需要).{0,6}(?:验证|驗證|安全(?:检查|檢查))|安全验证|安全驗證|输入验证码|輸入驗證碼"
    ),
    "refused": (
        r"access (?:is |was |has been )?denied|403 forbidden|request (?:was )?(?:blocked|unsuccessful)|"
        r"you have been blocked|unusual traffic|web application firewall|too many requests|"
        r"not available in your (?:country|region|location)|"
        r"acesso (?:foi )?(?:negado|recusado|proibido|bloqueado)|(?:demasiados|muitos) pedidos|"
        r"(?:访问|訪問|存取|请求|請求|操作).{0,12}(?:被|已被|遭|遭到).{0,12}(?:拒绝|拒絕|阻断|阻斷|拦截|攔截|禁止)|"
        r"(?:您的|你的|当前|閣下的)(?:请求|請求|访问|訪問|IP).{0,40}(?:拦截|攔截|阻断|阻斷|攻击|攻擊)|拒絕存取|拒绝访问|"
        r"禁止访问|禁止訪問|(?:过于|過於)(?:频繁|頻繁|頻密)|网站防火墙|網站防火牆|疑似(?:黑客)?攻击"
    ),
    "parked": (
        r"domain (?:name )?(?:\S+ )?(?:is |may be |has )?(?:parked|for sale|expired)|buy this domain|parked free|"
        r"\S\.\w{2,6} is for sale|account (?:has been |is )?suspended|域名.{0,6}(?:出售|转让|轉讓|到期|过期|過期|停放)|"
        r"未备案|未根据工信部|domínio (?:está )?(?:à venda|expirado|estacionado)|"
        r"welcome to (?:nginx|caddy|openresty|tengine)|default (?:welcome )?page|iis windows server"
    ),
    "maintenance": (
        r"(?:scheduled|planned|system|site|routine|under|for|undergoing) (?:\w+ ){0,2}(?:maintenance|upgrade)|"
        r"temporarily (?:unavailable|offline|down|out of service|closed)|under construction|down for |"
        r"be (?:right )?back\b|back (?:online|soon|shortly)|"
        r"(?:系統|系统|網站|网站|本站|平台|網頁|网页|伺服器|服务器|服務器).{0,16}"
        r"(?:維護|维护|升級|升级|維修|维修|保養|保养|更新|改版|改造|建設|建设|調整|调整)|"
        r"暫(?:停|時).{0,8}(?:服務|開放|訪問|提供|使用)|暂(?:停|时).{0,8}(?:服务|开放|访问|提供|使用)|"
        r"em (?:manutenção|a?ctualização)|manutenção (?:programada|do s)|temporariamente (?:indispon|suspens|inacess)|"
        r"voltaremos|volte (?:mais tarde|em breve)|tente (?:mais tarde|novamente mais)"
    ),
    "not found": (
        r"(?:page|file|resource|document|content|url)\b.{0,60}(?:not (?:be )?found|does(?:n.t| not) exist|"
        r"no longer (?:exists?|available)|(?:been )?(?:removed|moved|deleted))|^not found\b|"
        r"(?:网页|網頁|页面|頁面|文件|檔案|内容|內容|信息|資料).{0,12}(?:找不到|不存在|移除|刪除|删除|失效)|"
        r"(?:找不到|无法找到|無法找到|未找到).{0,12}(?:网页|網頁|页面|頁面|文件|檔案|内容|內容)|"
        r"(?:página|ficheiro|conteúdo|documento)\b.{0,60}(?:não (?:existe|encontrad|foi encontrad|está dispon)|removid)"
    ),
    "error": (
        r"(?:internal server|database|application|runtime|fatal|server) error|error establishing|too many connections|"
        r"exception report|stack trace|traceback \(most recent|uncaught exception|server is down|"
        r"系统(?:异常|错误|出错|繁忙)|系統(?:異常|錯誤|繁忙)|(?:服务器|伺服器|服務器).{0,4}(?:错误|錯誤|繁忙|异常|異常)|"
        r"(?:ocorreu um )?erro (?:interno|do servidor|inesperado|na base)"
    ),
    "sign-in": (
        r"(?:sign|log) ?in to continue|session (?:has )?expired|(?:请|請)(?:先|重新|您)?(?:登录|登入)|"
        r"(?:登录|登入)(?:超时|已过期|逾時)|(?:inicie|iniciar) (?:a )?sessão|sessão (?:expirou|terminada)"
    ),
    "consent": (
        r"before you continue|cookie consent|value your privacy|consent\.(?:google|yahoo)|"
        r"(?:accept|agree|consent|aceit|concord|reject).{0,80}(?:cookie|privacy|privacidade|terms|termos)|"
        r"cookies?\b.{0,160}\b(?:accept|agree|consent|aceit|concord|reject)|"
        r"(?:同意|接受|允许|允許).{0,30}(?:cookie|私隱|隐私|隱私|條款|条款)|cookie.{0,60}(?:同意|接受|允许|允許)"
    ),
    "script": (
        r"(?:enable|requires?|turn on|activ\w+|ative|habilite) (?:o )?javascript|(?:启用|啟用|开启|開啟) ?javascript"
    ),
}
_RULES: Final = {name: re.compile(rule, re.IGNORECASE) for name, rule in _WALLS.items()}
# What those who guard a site leave in the source of their pages; sites of their own carry it, too, beside much text.
_GUARDS: Final = re.compile(
    r"captcha|cf-chl-|_cf_chl|challenge-platform|_incapsula_|sec-if-cpt|px-captcha|datadome|geetest|ddos-guard|"
    r"turnstile|bm-verify|acw_sc__v\d|jsl_clearance|aliyun_waf",
    re.IGNORECASE,
)
_TAGS: Final = re.compile(r"<(script|style|noscript)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE)
_TITLE: Final = re.compile(r"<title[^>]*>([^<]{0,200})", re.IGNORECASE)
_PASSWORD: Final = re.compile(r"<input\b[^>]{0,200}\btype\s*=\s*[\"']?password", re.IGNORECASE)
_REFRESH: Final = re.compile(r"<meta\b[^>]{0,100}http-equiv\s*=\s*[\"']?refresh[^>]{0,100}\burl\s*=", re.IGNORECASE)
_LINK: Final = re.compile(r"<a\b[^>]{0,300}\bhref", re.IGNORECASE)
_STATUS: Final = re.compile(
    r"(?:http|error|erro|status|code|错误|錯誤)?[\s:]*(?:status)?\s*([45]\d\d)\b", re.IGNORECASE
)
_PHRASES: Final = {status.phrase.casefold(): status.value for status in HTTPStatus if status >= 400}
_WELL: Final[tuple[object, ...]] = (None, "", 0, "0", 200, "200", True, False, "ok", "success", "OK", "SUCCESS", [], {})
_SHORT: Final = 1500  # characters a person sees; walls measured have fewer than 600
_HARDLY: Final = 600
_NOTHING: Final = 60
_LEAST_TITLE: Final = 4  # letters: "News" is no title


def what_wall(page_text: str) -> str:
    """Return what kind of page stands before the site ("captcha", "refused", "consent", …), or "" when none does.

    >>> what_wall("<title>Access denied</title><p>Reference 18.2")
    'refused'
    >>> what_wall("<title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>"), what_wall('{"code": 500, "data": null}')
    ('error', 'error')
    >>> what_wall("<p>" + "The department spoke of captchas. " * 80)
    ''
    """
    seen = " ".join(unescape(_TAGS.sub(" ", page_text[:400_000])).split())
    if len(seen) > _SHORT:
        return ""
    found = _TITLE.search(page_text[:20_000])
    title = " ".join(unescape(found[1]).split()) if found else ""
    return _by_status(title, seen) or _by_words(f"{title} {seen}") or _by_make(page_text, seen)


def is_announced(title: str, page_text: str) -> bool:
    """Return whether the page shows the *title* under which a listing announced it: then it stands before nothing.

    >>> is_announced("Online services under maintenance", "<h1>Online services under&nbsp;maintenance</h1>")
    True
    >>> is_announced("Water supply resumes", "<h1>Access denied</h1>"), is_announced("", "<h1>Access denied</h1>")
    (False, False)
    """
    wanted = _bare(title)
    return len(wanted) >= _LEAST_TITLE and wanted in _bare(_TAGS.sub(" ", page_text[:400_000]))


def _bare(text: str) -> str:
    return "".join(char for char in unescape(text).casefold() if char.isalnum())


def _by_status(title: str, seen: str) -> str:
    """Return what a status that is written down in place of being sent means: servers and proxies do that."""
    for said in (title, seen[:60]):
        number = _STATUS.match(said)
        phrase = next((code for phrase, code in _PHRASES.items() if said.casefold().startswith(phrase)), 0)
        code = int(number[1]) if number else phrase
        if number and len(said) > 40 and not any(phrase in said.casefold() for phrase in _PHRASES):
            continue  # "404 flats allocated to families of the estate"
        if code in (404, 410):
            return "not found"
        if code in (401, 403, 405, 406, 429, 451):
            return "refused"
        if code == 503:
            return "maintenance"
        if code:
            return "error"
    return ""


def _by_words(said: str) -> str:
    return next((name for name, rule in _RULES.items() if rule.search(said.strip())), "")


def _by_make(page: str, seen: str) -> str:
    """Return what the make of a page says that shows hardly a word."""
    if len(seen) < _HARDLY and _GUARDS.search(page[:50_000]):
        return "captcha"
    if len(seen) < _HARDLY and _PASSWORD.search(page[:100_000]):
        return "sign-in"
    if page.lstrip()[:1] == "{" and _is_error(page):
        return "error"
    if len(seen) < _NOTHING and not _LINK.search(page[:100_000]):
        if "<script" in page[:100_000].lower():
            return "script"
        if _REFRESH.search(page[:20_000]):
            return "redirect"
    return ""


def _is_error(page: str) -> bool:
    """Return whether *page* is a JSON object that speaks of an error and carries nothing else."""
    try:
        said = json.loads(page)
    except (ValueError, RecursionError):
        return False
    names = {name.casefold(): value for name, value in said.items()}
    if any(isinstance(value, list | dict) and value for value in names.values()):
        return "error" in names or "errors" in names
    return any(names.get(name) not in _WELL for name in ("error", "errors", "exception", "fault", "code", "status"))
