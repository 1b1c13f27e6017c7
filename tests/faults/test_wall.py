"""Rows P1 and P2, closer: what stands before a site in many wordings, and what only speaks of such things."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from crawler.wall import what_wall

if TYPE_CHECKING:
    from faults.chaos import Chaos
    from faults.conftest import Desk

WALLS = {
    "captcha": [
        "<title>请稍候…</title><h1>www.example.cn</h1><p>正在验证您是否是真人。这可能需要几秒钟时间。</p>",
        "<title>Um momento…</title><p>Verifique se você é humano realizando a ação abaixo.</p>",
        '<html><head><title></title></head><body><div id="sec-if-cpt-container"></div><p>Protected by X</p></body>',
        "<title>Error</title><p>Request unsuccessful. Incapsula incident ID: 8930004</p>",
        "<p>请拖动滑块完成拼图</p>",
        '<html><body><script>var arg1="A9"; setCookie("acw_sc__v2", arg1);</script></body></html>',
    ],
    "refused": [
        "<title>Attention Required!</title><h1>Sorry, you have been blocked</h1><p>You are unable to access it.</p>",
        "<title>405</title><p>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</p>",
        "<title>网站防火墙</title><p>您的请求带有不合法参数，已被网站管理员设置拦截！</p>",
        "<p>您的访问过于频繁，请稍后再试</p>",
        "<h1>Acesso negado</h1><p>O seu pedido foi recusado.</p>",
        "<p>This content is not available in your country or region.</p>",
    ],
    "maintenance": [
        "<title>通知</title><p>本網站現正進行例行保養，暫時未能提供服務，請稍後再試。</p>",
        "<p>网站升级改造中，暂停访问，给您带来不便敬请谅解。</p>",
        "<title>Página em manutenção</title><p>Voltaremos em breve.</p>",
        "<p>O sítio encontra-se temporariamente indisponível por motivos técnicos.</p>",
        "<title>503 Service Temporarily Unavailable</title><h1>503 Service Temporarily Unavailable</h1>nginx",
    ],
    "error": [
        "<title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>nginx",
        "<title>HTTP Status 500 – Internal Server Error</title><p>Exception Report</p>",
        "<h1>Error establishing a database connection</h1>",
        '{"code":500,"message":"系统异常，请联系管理员","data":null}',
        '{"error":"invalid_token","error_description":"The access token is no more"}',
    ],
    "not found": [
        "<title>Page not found</title><h1>404</h1><p>Sorry, the page you are looking for could not be found.</p>",
        "<title>找不到網頁</title><p>抱歉，您所瀏覽的網頁不存在或已被移除。</p>",
        "<title>Erro 404</title><p>A página que procura não existe.</p>",
    ],
    "parked": [
        "<title>example.com</title><p>This domain is parked free. Get this domain</p><a href='/f'>Cheap flights</a>",
        "<h1>This Account has been suspended.</h1><p>Contact your provider.</p>",
        "<title>Welcome to nginx!</title><p>If you see this page, the server is installed and working.</p>",
    ],
    "sign-in": [
        "<title>登入</title><form><p>用戶名稱</p><input name=u><p>密碼</p><input type=password></form>",
        "<title>Iniciar sessão</title><form><input name=u><input type='password'><button>Entrar</button></form>",
    ],
    "consent": [
        "<p>Este sítio utiliza cookies. Ao continuar, aceita a utilização de cookies.</p><button>Aceitar</button>",
        "<p>本網站使用 Cookie。按「接受」即表示你同意我們的私隱政策。</p><button>接受</button>",
        "<h1>Your privacy</h1><p>This site uses cookies.</p><button>Accept all</button><button>Reject all</button>",
    ],
    "script": [
        '<html><head><script src="/Q/f.js" r="m"></script><script>_$cf();</script></head><body></body></html>',
        "<script>document.cookie='_'+'_'+'j';location.href=location.pathname</script>",
    ],
    "redirect": ['<html><head><meta http-equiv="refresh" content="0;url=/new/"></head><body></body></html>'],
    "": [
        "<h1>Press releases</h1><p>There are no press releases for this day.</p>",
        "<title>404 flats allocated to families in Kwun Tong</title><p>The Housing Authority said so today.</p>",
        '{"code": 0, "message": "ok", "data": []}',
        "<title>新聞公報</title><p>今日沒有新聞公報。</p>",
        "<title>Notas de imprensa</title><p>Não há notas de imprensa.</p>",
    ],
}
CASES = [(kind, page) for kind, pages in WALLS.items() for page in pages]


@pytest.mark.parametrize(("kind", "page"), CASES)
def test_p1_pages_that_stand_before_a_site_are_told_apart(kind: str, page: str) -> None:
    assert what_wall(page) == kind


@pytest.mark.parametrize("kind", [kind for kind in WALLS if kind])
def test_p1_each_kind_is_named_keeps_the_store_as_it_was_and_is_over_by_itself(
    desk: Desk, newsroom: Chaos, listing: Callable[..., str], kind: str
) -> None:
    desk.crawl("bad")
    newsroom.page("/list", WALLS[kind][0])
    ended = desk.outcome("bad")
    outcome = "blocked" if kind in {"captcha", "refused"} else "suspicious"
    assert (ended.outcome, desk.state("bad").state.value, desk.count("bad")) == (outcome, outcome, 3)
    assert ended.reason.endswith(f": {kind}")
    assert [page.body.decode() for page in desk.quarantine("bad")] == [WALLS[kind][0]]
    newsroom.page("/list", listing(1, 2, 3, 4))
    ended = desk.outcome("bad", explicit=True)
    assert (ended.outcome, ended.new, desk.state("bad").state.value) == ("new", 1, "healthy")


SPEAKING = (
    ("Online services under maintenance", "E-services will be temporarily unavailable from 1am to 6am on Sunday."),
    ("警方提醒市民慎防驗證碼騙案", "警方今日提醒市民，切勿向他人透露短訊驗證碼。如有查詢，請致電。"),
    ("Access denied to illegal construction site", "The department said that access is denied to all vehicles."),
    ("系統維護期間暫停服務", "入境事務處網上系統將於星期日凌晨進行維護，其間暫停服務。"),
    ("Suspeito com acesso negado à fronteira", "O acesso foi negado a um indivíduo no posto fronteiriço."),
)


@pytest.mark.parametrize("body", ['body      = "div.body"', ""], ids=["declared", "voted"])
def test_p1_a_short_release_that_speaks_of_such_things_is_a_release(desk: Desk, chaos: Chaos, body: str) -> None:
    from faults.conftest import RULES

    desk.source("bad", chaos.url("/list"), rules=RULES.replace('body      = "div.body"', body))
    for n, (title, text) in enumerate(SPEAKING, 1):
        page = f"<html><head><title>{title} - Department</title></head><body><h1>{title}</h1>"
        chaos.page(f"/r/{n}.htm", f'{page}<p class="date">2026-04-14 10:00</p><div class="body"><p>{text}</p></div>')
    links = "".join(f'<a class="release" href="/r/{n}.htm">{title}</a>' for n, (title, _) in enumerate(SPEAKING, 1))
    chaos.page("/list", f"<html><body>{links}</body></html>")
    ended = desk.outcome("bad")
    assert (ended.outcome, ended.new) == ("new", len(SPEAKING)), ended
    assert desk.titles("bad") == {title for title, _ in SPEAKING}


def test_p1_what_stands_before_a_release_is_none(desk: Desk, newsroom: Chaos) -> None:
    for kind in ("captcha", "refused"):
        newsroom.page("/r/2.htm", WALLS[kind][0].replace("<p>", '<div class="body"><p>') + "</div>")
        desk.crawl("bad", explicit=True)
        assert desk.count("bad") == 2
