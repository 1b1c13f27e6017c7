// What a feed reader from npm makes of a feed on stdin: node readers.mjs NODE_MODULES PACKAGE, one JSON array on stdout.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , modules, name] = process.argv;
const load = createRequire(`${modules}/x.js`);
const text = readFileSync(0, "utf8");
const when = (value) => (value ? new Date(value).getTime() / 1000 : 0);
const named = (list, ...keys) => (list ?? []).map((one) => (typeof one === "string" ? one : keys.map((key) => one[key]).find(Boolean)));
const alternate = (links) => (links.find((link) => !link.rel || link.rel === "alternate") ?? links[0]).href;

const readers = {
  "rss-parser": async () => {
    const feed = await new (load("rss-parser"))().parseString(text);
    return feed.items.map((one) => [one.id ?? one.guid, one.title, one.link, when(one.isoDate), []]);
  },
  "@rowanmanning/feed-parser": async () => {
    const feed = load("@rowanmanning/feed-parser").parseFeed(text);
    return feed.items.map((one) => [one.id, one.title, one.url, when(one.published), named(one.categories, "label", "term")]);
  },
  feedsmith: async () => {
    const { parseFeed } = await import(pathToFileURL(load.resolve("feedsmith")));
    const { feed, format } = parseFeed(text);
    if (format === "json")
      return feed.items.map((one) => [one.id, one.title, one.url, when(one.date_published), one.tags ?? []]);
    if (format === "rss")
      return feed.items.map((one) => [one.guid.value, one.title, one.link, when(one.pubDate), named(one.categories, "name")]);
    return feed.entries.map((one) => [
      one.id, one.title?.value ?? one.title, alternate(one.links), when(one.published), named(one.categories, "label", "term"),
    ]);
  },
};
process.stdout.write(JSON.stringify(await readers[name]()));
