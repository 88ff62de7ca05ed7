// A program that uses the generated TypeScript types with openapi-fetch: sign-up, log-in, orders, pages and a problem.
//
// Run it with the address of the service, and the e-mail address and password of an admin.
import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type ProblemCode = components["schemas"]["ProblemCode"];

const OUT_OF_STOCK: ProblemCode = "out_of_stock";
// @ts-expect-error A misspelled problem code must not compile. If it does, tsc rejects this comment.
export const MISSPELLED: ProblemCode = "out_of_stok";

const ORDERS = 3;
const EMAIL = `${randomUUID()}@example.com`;
const PASSWORD = "a long password of a customer";

const [baseUrl = "", adminEmail = "", adminPassword = ""] = process.argv.slice(2);
const visitor = createClient<paths>({ baseUrl });

async function logIn(username: string, password: string) {
  const { data, error } = await visitor.POST("/token", {
    body: { grant_type: "password", username, password },
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
  });
  const token = expect(data, error);
  return createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token.access_token}` } });
}

function expect<T>(data: T | undefined, error: unknown): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

function check(holds: boolean, shown: unknown): void {
  if (!holds) throw new Error(`unexpected: ${JSON.stringify(shown)}`);
}

const key = () => ({ header: { "Idempotency-Key": randomUUID() } });

const admin = await logIn(adminEmail, adminPassword);
const price = { amount: 1800, currency: "USD" } as const;
const created = await admin.POST("/v1/products", {
  params: key(),
  body: { sku: `TS-${randomUUID().slice(0, 8)}`, name: "Chai", price, initial_stock: ORDERS },
});
const product = expect(created.data, created.error);

const signedUp = await visitor.POST("/v1/users", {
  params: key(),
  body: { email: EMAIL, password: PASSWORD, password_confirm: PASSWORD },
});
check(signedUp.response.ok, signedUp.error);
const customer = await logIn(EMAIL, PASSWORD);

const one = { lines: [{ product_id: product.id, quantity: 1 }] };
for (let placed = 0; placed < ORDERS; placed++) {
  const { data, error } = await customer.POST("/v1/orders", { params: key(), body: one });
  const order = expect(data, error);
  check(order.status === "pending_payment" && order.total.amount === price.amount, order);
}

let seen = 0;
let cursor: string | undefined;
do {
  const { data, error } = await customer.GET("/v1/orders", {
    params: { query: { limit: 2, ...(cursor === undefined ? {} : { cursor }) } },
  });
  const page = expect(data, error);
  seen += page.items.length;
  cursor = page.next_cursor ?? undefined;
} while (cursor !== undefined);
check(seen === ORDERS, seen);

const { error: problem } = await customer.POST("/v1/orders", { params: key(), body: one });
check(problem?.code === OUT_OF_STOCK, problem);
