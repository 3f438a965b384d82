// A server that speaks Stripe's language, on a free port of this machine, which it prints.
process.env.LOG_LEVEL = "silent";
const server = require("stripe-stateful-mock").createExpressApp().listen(0, "127.0.0.1", () => console.log(server.address().port));
