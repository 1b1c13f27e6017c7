from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from feeds.error import ConfigError
from scheduler.config import load
from scheduler.desk import load_rules
from scheduler.key import OPTIONS
from scheduler.option import line_of


def configured(folder: Path, text: str) -> Path:
    (folder / "baywire.toml").write_text(text, encoding="utf-8")
    return folder


def problems(folder: Path, text: str = "", **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(configured(folder, text), environ=environ)
    return str(caught.value).splitlines()


def test_every_default_works_without_a_file(tmp_path: Path) -> None:
    config = load(tmp_path, environ={})
    assert config.file is None
    assert config.site.base_url == "http://127.0.0.1:8000/"
    assert config.store.url == f"sqlite:///{tmp_path}/var/baywire.sqlite3"
    assert config.publish.directory == tmp_path / "public"
    assert config.publish.formats == ("atom", "rss", "json")
    assert config.store.keep_pages == timedelta(days=90)
    assert (config.serve.host, config.serve.port) == ("127.0.0.1", 8000)


@pytest.mark.parametrize(
    ("flags", "environ", "text", "port"),
    [
        ({}, {}, "", 8000),
        ({}, {}, "[serve]\nport = 1", 1),
        ({}, {"BAYWIRE_SERVE_PORT": "2"}, "[serve]\nport = 1", 2),
        ({"serve.port": 3}, {"BAYWIRE_SERVE_PORT": "2"}, "[serve]\nport = 1", 3),
    ],
)
def test_a_flag_goes_before_environment_before_file_before_default(
    tmp_path: Path, flags: dict[str, object], environ: dict[str, str], text: str, port: int
) -> None:
    assert load(configured(tmp_path, text), environ=environ, flags=flags).serve.port == port


def test_all_problems_are_told_at_once_with_file_line_key_and_nearest_key(tmp_path: Path) -> None:
    text = '[publish]\nformats = ["atom", "rs"]\n\n[serve]\nportt = 1\nhost = 7\n\n[sitee]\n[feeds.x]\nwhere = 1\n'
    environ = {"BAYWIRE_SITE_BASE_URI": "x", "BAYWIRE_CRAWL_DELAY": "soon", "BAYWIRE_SERV_PORT": "1"}
    assert problems(tmp_path, text, **environ) == [
        'baywire.toml:2: publish.formats[1]: expected one of atom, rss, json; got "rs" (did you mean "rss"?)',
        'baywire.toml:5: serve.portt: is not a key (did you mean "port"?)',
        "baywire.toml:6: serve.host: expected text on one line; got 7",
        'baywire.toml:8: sitee: is not a section (did you mean "site"?)',
        'baywire.toml:9: feeds.x: expected a table with where = "…", such as "ai and greater-bay-area"',
        'BAYWIRE_SITE_BASE_URI: is not a setting (did you mean "BAYWIRE_SITE_BASE_URL"?)',
        'BAYWIRE_CRAWL_DELAY: crawl.delay: expected a number of seconds, 0 or more; got "soon"',
        'BAYWIRE_SERV_PORT: is not a setting (did you mean "BAYWIRE_SERVE_PORT"?)',
    ]


def test_bad_toml_is_told_with_its_line(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, '[site]\ntitle = "a"\nbase-url = nonsense\n')
    assert told.startswith("baywire.toml:3: is not TOML: ")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("site.base-url", '"ftp://x/"'),
        ("site.base-url", '"https://"'),
        ("site.base-url", '"http://x:99999/"'),
        ("site.photos", '"maybe"'),
        ("site.title", '"a\\nb"'),
        ("store.keep-pages", '"90"'),
        ("serve.port", "65536"),
        ("serve.port", "true"),
        ("crawl.delay", "-1"),
        ("crawl.delay", "nan"),
        ("notify.hook", '"\'"'),
        ("sources.use", "[1]"),
        ("log.level", '"loud"'),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(tmp_path: Path, key: str, value: str) -> None:
    section, _, name = key.partition(".")
    (told,) = problems(tmp_path, f"[{section}]\n{name} = {value}\n")
    assert told.startswith(f"baywire.toml:2: {key}: expected ")


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("postgresql+psycopg://u:pw@db/x\n", encoding="utf-8")
    config = load(configured(tmp_path, '[store]\nurl-file = "secret"\n'), environ={})
    assert config.store.url == "postgresql+psycopg://u:pw@db/x"
    assert config.store.shown == "postgresql+psycopg://u:***@db/x"
    assert "pw" not in repr(config)
    assert load(tmp_path, environ={"BAYWIRE_STORE_URL_FILE": "secret"}).store.url == config.store.url


def test_a_password_in_the_file_is_refused_and_not_shown(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, '[store]\nurl = "postgresql+psycopg://u:hunter2@db/x"\n')
    assert "use url-file or BAYWIRE_STORE_URL" in told
    assert "hunter2" not in told


def test_what_is_only_a_secret_never_stands_in_the_configuration(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, '[notify]\nwebhook-secret = "hunter2"\n')
    assert told.endswith("is a secret: use webhook-secret-file or BAYWIRE_NOTIFY_WEBHOOK_SECRET")
    assert "hunter2" not in told


def test_a_secret_file_that_is_absent_or_wrong_is_told_without_its_content(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, '[notify]\nheartbeat-url-file = "gone"\n')
    assert told.endswith(f"No such file or directory: {tmp_path}/gone")
    (tmp_path / "bad").write_text("s3cret", encoding="utf-8")
    (told,) = problems(tmp_path, '[notify]\nheartbeat-url-file = "bad"\n')
    assert "s3cret" not in told
    assert "heartbeat-url" in told


def test_a_named_file_must_exist_and_a_directory_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path, tmp_path / "other.toml", environ={})
    with pytest.raises(ConfigError, match="no such folder"):
        load(tmp_path / "nowhere", environ={})


def test_combinations_and_own_folders_are_found(tmp_path: Path) -> None:
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "topics.d").mkdir()
    (tmp_path / "topics.d" / "tax.toml").write_text("", encoding="utf-8")
    config = load(configured(tmp_path, '[feeds.both]\nwhere = "ai and greater-bay-area"\n'), environ={})
    assert dict(config.feeds) == dict.fromkeys(("ai-and-greater-bay-area", "both"), "ai and greater-bay-area")
    assert config.sources.folders == (tmp_path / "sources.d",)
    assert config.topic_files == (tmp_path / "topics.d" / "tax.toml",)


def test_every_option_reads_its_own_default_and_has_a_variable() -> None:
    for option in OPTIONS:
        assert option.about
        assert option.variable.startswith("BAYWIRE_")
    assert len({option.variable for option in OPTIONS}) == len(OPTIONS)


@pytest.mark.parametrize(
    ("text", "keys", "line"),
    [
        ("[a]\nb = 1\n[c]\nb = 2", ("c", "b"), 4),
        ('[feeds."a b"]\nwhere = 1', ("feeds", "a b", "where"), 2),
        ("[a.b]\nc = 1", ("a", "b", "c"), 2),
        ("[a]\nb = 1", ("a", "z"), 1),
        ("x = 1", ("y",), None),
        ("[a] # note\nb=1", ("a", "b"), 2),
    ],
)
def test_line_of_finds_the_key_or_its_table(text: str, keys: tuple[str, ...], line: int | None) -> None:
    assert line_of(text, *keys) == line


@pytest.mark.parametrize(("told", "shown"), [('"link"', False), ("false", False), ('"show"', True), ("true", True)])
def test_photographs_are_shown_or_linked(tmp_path: Path, told: str, shown: bool) -> None:  # noqa: FBT001 -- a table
    (tmp_path / "baywire.toml").write_text(f"[site]\nphotos = {told}\n", encoding="utf-8")
    assert load(tmp_path, environ={}).site.photos is shown


def test_what_is_no_configuration_is_told_without_the_system_s_own_words(tmp_path: Path) -> None:
    (tmp_path / "baywire.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="byte 0 is not UTF-8: expected a TOML file"):
        load(tmp_path, environ={})
    with pytest.raises(ConfigError, match="Is a directory: expected a TOML file"):
        load(tmp_path, tmp_path, environ={})


@pytest.mark.parametrize("name", ["sources.d", "topics.d"])
def test_a_file_in_the_place_of_a_folder_is_not_passed_over(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("", encoding="utf-8")
    assert problems(tmp_path) == [f"{tmp_path / name}: is a file: expected a folder of TOML files"]


def test_a_store_of_another_kind_is_told_before_anything_is_opened(tmp_path: Path) -> None:
    told = problems(tmp_path, "", BAYWIRE_STORE_URL="mysql://u:secret@db/x")
    assert told == ["BAYWIRE_STORE_URL: store.url: expected sqlite:///FILE or postgresql://ROLE@HOST/NAME"]


@pytest.mark.parametrize("folder", ["", ".", "..", "/", "var", "var/www", "sources.d", "topics.d/x", "here"])
def test_nothing_is_published_into_a_folder_that_would_give_away_the_store(tmp_path: Path, folder: str) -> None:
    (tmp_path / "here").symlink_to(".")
    (told,) = problems(tmp_path, f'[publish]\ndirectory = "{folder}"\n')
    assert told.startswith("baywire.toml:2: publish.directory: expected a folder of its own: ")
    assert problems(tmp_path, BAYWIRE_PUBLISH_DIRECTORY=folder)


def test_a_store_does_not_lie_in_what_is_published(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, '[store]\nurl = "sqlite:///public/x.sqlite3"\n')
    assert told.endswith(f"would be published, {tmp_path}/public/x.sqlite3 too")
    for folder in (tmp_path / "www", tmp_path.parent / f"{tmp_path.name}-www"):
        text = f'[publish]\ndirectory = "{folder}"\n[store]\nurl = "postgresql://db/x"\n'
        assert load(configured(tmp_path, text), environ={}).publish.directory == folder


@pytest.mark.parametrize("authority", ["news example", "news.example,26", "https://news.example,2026", "a b,2026", ","])
def test_a_name_of_ids_that_could_not_stay_is_refused(tmp_path: Path, authority: str) -> None:
    (told,) = problems(tmp_path, f'[site]\nauthority = "{authority}"\n')
    assert told.startswith("baywire.toml:2: site.authority: expected a name of yours and a year")


@pytest.mark.parametrize("sign", ["\\r", "\\u0000", "\\u0085", "\\u2028", "\\u001b"])
def test_no_setting_holds_what_would_begin_a_header_or_a_line(tmp_path: Path, sign: str) -> None:
    (told,) = problems(tmp_path, f'[crawl]\ncontact = "a{sign}Evil: b"\n')
    assert told.startswith("baywire.toml:2: crawl.contact: expected text on one line")


def test_what_other_files_would_have_to_name_is_told_with_its_line(tmp_path: Path) -> None:
    text = '[sources]\nuse = ["hk-gia-eng", "qqqq"]\n[feeds.x]\nwhere = "ai nad data"\n'
    with pytest.raises(ConfigError) as caught:
        load_rules(load(configured(tmp_path, text), environ={}))
    near, far, where = str(caught.value).splitlines()
    assert near.startswith('baywire.toml:2: sources.use: unknown source hk-gia-eng (did you mean "hk-gia-')
    assert far.startswith("baywire.toml:2: sources.use: unknown source qqqq: expected one of cn-")
    assert where.startswith('baywire.toml:4: feeds.x.where: "ai nad data": column 4: ')
    with pytest.raises(ConfigError, match=r"^sources\.use: unknown source qqqq: "):
        load_rules(load(configured(tmp_path, ""), environ={"BAYWIRE_SOURCES_USE": "qqqq"}))


@pytest.mark.parametrize(
    ("moved", "why"),
    [
        ("old=fintec", '"fintec" is no topic (did you mean "fintech"?)'),
        ("ai=data", ""),
        ("x=ai", ""),
    ],
)
def test_readers_are_not_sent_to_a_topic_that_is_not_there(tmp_path: Path, moved: str, why: str) -> None:
    config = load(configured(tmp_path, f'[sources]\nuse = ["hk-gia-en"]\n[publish]\nmoved = ["{moved}"]\n'), environ={})
    if not why:
        assert load_rules(config)
        return
    with pytest.raises(ConfigError) as caught:
        load_rules(config)
    assert str(caught.value) == f"baywire.toml:4: publish.moved: {why}"
