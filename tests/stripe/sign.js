// Signs what comes in, with the secret and at the time (seconds since 1970) of the command line, by Stripe's own library.
const payload = require("fs").readFileSync(0, "utf8");
const [secret, timestamp] = process.argv.slice(2);
const stripe = require("stripe")("sk_test_unused");
process.stdout.write(stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: Number(timestamp) }));
