import { Api, type Problem } from "./generated/payments.js";

const api = new Api({
  baseUrl: process.env.API,
  baseApiParams: { headers: { Authorization: `Bearer ${process.env.KEY}` } },
});
const key = (name: string) => ({ headers: { "Idempotency-Key": name } });

const paid = (await api.v1.createPayment({ amount: 1999, currency: "EUR", payment_method: "tok_approve" }, key("generated-1"))).data;
const refund = (await api.v1.createRefund({ id: paid.id }, { amount: 500 }, key("generated-2"))).data;
const balance = (await api.v1.getBalance({})).data.balances[0];

let refused: Problem | undefined;
try {
  await api.v1.createPayment({ amount: 0, currency: "EUR", payment_method: "tok_approve" }, key("generated-3"));
} catch (answer) {
  refused = (answer as { error: Problem }).error;
}

console.log(`${paid.status} ${paid.captured}, refunded ${refund.amount}, balance ${balance.available}, refused ${refused?.code} ${refused?.field}`);
