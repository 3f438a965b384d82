using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Payments.ClientApi.Security;

namespace Payments.ClientApi.Documents;

/// <summary>One example for every request and answer of the document.</summary>
internal static class Examples
{
    private const string Payment = """
        {"id":"pay_5c1tq7g8n2m4v9x3r6k0w1z8b8","object":"payment","mode":"test","status":"succeeded","outcome":"done","amount":1999,"currency":"EUR",
        "capture":"automatic","fee":88,"captured":1999,"captures_in_flight":0,"capturable":0,"refunded":0,"refunds_reversed":0,"disputed":0,"refundable":1999,"refunds_in_flight":0,"payment_method":"tok_approve",
        "gateway":"simulator","reference":"order-1001","description":"Blue shoes, size 42","customer":"customer-7","statement_descriptor":"SHOES 1001",
        "metadata":{"cart":"c-77"},"decline_code":null,"action_url":null,"return_url":"https://shop.example/orders/1001","authorized_until":null,
        "created_at":"2026-03-01T12:00:00.123456Z","updated_at":"2026-03-01T12:00:00.234567Z","next_action_at":null}
        """;

    private const string Processing = """
        {"id":"pay_5c1tq7g8n2m4v9x3r6k0w1z8b8","object":"payment","mode":"test","status":"processing","outcome":"unknown","amount":1999,"currency":"EUR",
        "capture":"automatic","fee":0,"captured":0,"captures_in_flight":0,"capturable":0,"refunded":0,"refunds_reversed":0,"disputed":0,"refundable":0,"refunds_in_flight":0,"payment_method":"tok_slow",
        "gateway":"simulator","reference":"order-1001","description":"Blue shoes, size 42","customer":"customer-7","statement_descriptor":"SHOES 1001",
        "metadata":{"cart":"c-77"},"decline_code":null,"action_url":null,"return_url":"https://shop.example/orders/1001","authorized_until":null,
        "created_at":"2026-03-01T12:00:00.123456Z","updated_at":"2026-03-01T12:00:00.123456Z","next_action_at":"2026-03-01T12:00:35.123456Z"}
        """;

    private const string Unknown = """
        {"id":"op_1v5k9t3x7c2q8m4z6r0g1n8w38","object":"operation","merchant":"mer_2d4f6h8k0m1n3p5r7t9v1x3z58","payment":"pay_5c1tq7g8n2m4v9x3r6k0w1z8b8",
        "payment_status":"processing","kind":"charge","status":"pending","outcome":"unknown","amount":1999,"currency":"EUR","gateway":"simulator","attempts":14,
        "answer":"unknown","code":"timeout","processor_reference":null,"first_sent_at":"2026-03-01T12:00:00.123456Z","last_sent_at":"2026-03-01T12:00:00.123456Z",
        "next_action_at":"2026-03-02T12:00:00.123456Z","decisions":[{"id":"dec_3m8z1k5v7c2q9t4x6r0g8n1w4c","outcome":"declined",
        "reason":"Ticket 4711: the processor's support finds no charge under this reference.","decided_by":"key_7n2m4v9x3r6k0w1z8ba5c1tq3c","needed":2,
        "decided_at":"2026-03-01T16:00:00.123456Z"}]}
        """;

    private const string Report = """
        {"id":"rep_3m8z1k5v7c2q9t4x6r0g8n1w4c","object":"report","type":"account_statement","status":"succeeded","progress":100,"from":"2026-03-01T00:00:00Z",
        "to":"2026-04-01T00:00:00Z","as_of":"2026-03-31T23:59:59.999999Z","currency":"EUR","account":"merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:balance:EUR",
        "columns":["created_utc","amount","balance"],"format":"csv","failure_code":null,"file":{"rows":1,"bytes":67,
        "sha256":"8f1d0c1f2b7a3e5d9c4b6a8f0e2d4c6b8a0f1e3d5c7b9a1f3e5d7c9b1a3f5e7d","kept_until":"2026-05-01T08:00:01.123456Z"},
        "created_at":"2026-04-01T08:00:00.123456Z","finished_at":"2026-04-01T08:00:01.123456Z"}
        """;

    private const string Gateway = """
        {"name":"simulator","object":"gateway","mode":"test","breaker":"closed","in_flight":3,"max_in_flight":256,"turned_away":0,"drained":false,
         "nodes":[{"node":"node-0","breaker":"closed","since":"2026-03-01T09:00:00Z","in_flight":3,"turned_away":0,"heard_at":"2026-03-01T12:00:00Z"}]}
        """;

    private const string OpenBreak = """
        {"id":"brk_3m8z1k5v7c2q9t4x6r0g8n1w4c","object":"break","gateway":"simulator","kind":"amount_differs","state":"open","amount":-5,"currency":"EUR",
        "at":"2026-03-01T12:00:00Z","operation":"op_1v5k9t3x7c2q8m4z6r0g1n8w38","file":"2026-03-01.csv","line":17,"line_id":"txn_17","line_type":"charge",
        "opened_at":"2026-03-02T00:10:00Z","owner":null,"resolution":null,"reason":null,"resolved_by":null,"resolved_at":null,"posted":null}
        """;

    private const string Payout = """
        {"id":"po_3m8z1k5v7c2q9t4x6r0g8n1w4c","object":"payout","mode":"test","status":"paid","outcome":"done","amount":150000,"currency":"EUR",
        "destination":"DE89…3000","holder":"Corner Shop GmbH","description":"October","scheduled_for":null,"failure_code":null,"bank_reference":"tr_8f2c",
        "created_at":"2026-11-02T08:00:00.123456Z","updated_at":"2026-11-02T08:00:00.234567Z","paid_at":"2026-11-02T08:00:00.234567Z"}
        """;

    private const string PayoutSettings = """
        {"object":"payout_settings","merchant":"mer_2d4f6h8k0m1n3p5r7t9v1x3z58","currency":"EUR","schedule":"weekly","minimum":1000,"delay_days":2,"reserve":50000,
        "destination":"DE89370400440532013000","holder":"Corner Shop GmbH","changed_at":"2026-11-01T08:00:00.123456Z"}
        """;

    private const string SettlementFile = """
        {"name":"2026-10-31.csv","object":"settlement_file","gateway":"simulator","format":"simulator","lines":1,"imported_at":"2026-11-01T00:05:00.123456Z",
        "imported_by":"key_7n2m4v9x3r6k0w1z8ba5c1tq3c"}
        """;

    private static readonly string Capture = Operation(
        "cap_3m8z1k5v7c2q9t4x6r0g8n1w4c", "capture", "succeeded", "done", """ "amount":1500,"currency":"EUR","fee":74,"final":true,"reason":null """);

    private static readonly string PendingCapture = Operation(
        "cap_3m8z1k5v7c2q9t4x6r0g8n1w4c", "capture", "pending", "unknown", """ "amount":1500,"currency":"EUR","fee":0,"final":true,"reason":null """);

    private static readonly string Cancellation = Operation(
        "can_3m8z1k5v7c2q9t4x6r0g8n1w4c", "cancellation", "succeeded", "done", """ "amount":1999,"currency":"EUR","fee":0,"final":null,"reason":"sold out" """);

    private static readonly string PendingCancellation = Operation(
        "can_3m8z1k5v7c2q9t4x6r0g8n1w4c", "cancellation", "pending", "unknown", """ "amount":1999,"currency":"EUR","fee":0,"final":null,"reason":"sold out" """);

    private static readonly string Refund = Operation(
        "re_3m8z1k5v7c2q9t4x6r0g8n1w4c", "refund", "succeeded", "done", """ "amount":500,"currency":"EUR","fee":0,"final":null,"reason":"one shoe came back" """);

    private static readonly string PendingRefund = Operation(
        "re_3m8z1k5v7c2q9t4x6r0g8n1w4c", "refund", "pending", "unknown", """ "amount":500,"currency":"EUR","fee":0,"final":null,"reason":"one shoe came back" """);

    private const string Timeline = """
        {"object":"list","data":[{"at":"2026-03-01T12:00:00.123456Z","kind":"request","name":"charge_claimed",
        "meaning":"The charge was asked for and accepted; from here on it is durable.","version":1,
        "operation":"op_1v5k9t3x7c2q8m4z6r0g1n8w38","subject":"pay_5c1tq7g8n2m4v9x3r6k0w1z8b8","attempt":1,"attempt_kind":"send",
        "answer":null,"code":null,"evidence":null,"status":"processing","entry":null,"postings":[]}],
        "has_more":false,"next_cursor":null}
        """;

    private const string Accounts = """
        {"object":"list","data":[{"id":"merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:balance:EUR","object":"ledger_account","currency":"EUR","grows_by":"credit",
        "balance":1416,"minimum":null,"postings":2}],"has_more":false,"next_cursor":null}
        """;

    private const string TrialBalance = """
        {"object":"trial_balance","covers":"all","balanced":true,"lines":[{"account":"gateway:simulator:receivable","currency":"EUR","debits":1499,"credits":0},
        {"account":"merchant:*:balance","currency":"EUR","debits":0,"credits":1416},{"account":"platform:test_fees","currency":"EUR","debits":0,"credits":83}],
        "totals":[{"currency":"EUR","debits":1499,"credits":1499}]}
        """;

    private const string Till = """
        {"id":"merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:assets:till:EUR","object":"ledger_account","currency":"EUR","grows_by":"debit","balance":0,"minimum":0,"postings":0}
        """;

    private const string OwnEntry = """
        {"id":"je_6b1v5k9t3x7c2q8m4z0r6g1n8w","object":"ledger_entry","kind":"own","payment":null,"postings":[
        {"account":"merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:assets:till:EUR","amount":5000},
        {"account":"merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:liabilities:vouchers:EUR","amount":-5000}],"description":"Vouchers sold","metadata":{"shift":"s-9"},
        "reverses":null,"reversed_by":null,"posted_at":"2026-03-01T12:00:00.234567Z"}
        """;

    private const string Reversal = """
        {"id":"je_3m8z1k5v7c2q9t4x6r0g8n1w4c","object":"ledger_entry","kind":"reversal","payment":null,"postings":[
        {"account":"merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:assets:till:EUR","amount":-5000},
        {"account":"merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:liabilities:vouchers:EUR","amount":5000}],"description":"Sold twice by mistake","metadata":{},
        "reverses":"je_6b1v5k9t3x7c2q8m4z0r6g1n8w","reversed_by":null,"posted_at":"2026-03-01T12:30:00.234567Z"}
        """;

    private const string Merchant = """
        {"id":"mer_2d4f6h8k0m1n3p5r7t9v1x3z58","object":"merchant","name":"Corner shop","mode":"test","fee_basis_points":290,"fee_fixed":30,
        "fee_returned_on_refund":false,"created_at":"2026-03-01T08:00:00.123456Z"}
        """;

    private static readonly string NewKey = Key("\"sk_test_and_52_letters\"", "null");

    private static readonly string KnownKey = Key("null", "null");

    private static readonly string RevokedKey = Key("null", "\"2026-03-03T08:00:00.123456Z\"");

    private static readonly Dictionary<string, string> Requests = new()
    {
        ["createPayment"] = """
            {"amount":1999,"currency":"EUR","payment_method":"tok_approve","capture":"automatic","reference":"order-1001","description":"Blue shoes, size 42",
            "customer":"customer-7","statement_descriptor":"SHOES 1001","return_url":"https://shop.example/orders/1001","metadata":{"cart":"c-77"}}
            """,
        ["createCapture"] = """{"amount":1500,"final":true,"metadata":{"parcel":"p-1"}}""",
        ["cancelPayment"] = """{"reason":"sold out","metadata":{"clerk":"ann"}}""",
        ["createRefund"] = """{"amount":500,"reason":"one shoe came back","metadata":{"clerk":"ann"}}""",
        ["putLedgerAccount"] = """{"minimum":0}""",
        ["createLedgerEntry"] = """
            {"postings":[{"account":"merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:assets:till:EUR","amount":5000},
            {"account":"merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:liabilities:vouchers:EUR","amount":-5000}],"description":"Vouchers sold","metadata":{"shift":"s-9"}}
            """,
        ["reverseLedgerEntry"] = """{"description":"Sold twice by mistake","metadata":{"clerk":"ann"}}""",
        ["createReport"] = """
            {"type":"account_statement","from":"2026-03-01","to":"2026-04-01","currency":"EUR","account":"merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:balance:EUR",
            "columns":["created_utc","amount","balance"],"format":"csv"}
            """,
        ["createMerchant"] = """{"name":"Corner shop","mode":"test","fee_basis_points":290,"fee_fixed":30,"fee_returned_on_refund":false}""",
        ["updateMerchant"] = """{"name":"Corner shop","fee_basis_points":250,"fee_fixed":30,"fee_returned_on_refund":true}""",
        ["createKey"] = """{"merchant":"mer_2d4f6h8k0m1n3p5r7t9v1x3z58","name":"Web shop","scopes":["read","write"]}""",
        ["rotateKey"] = """{"grace_seconds":86400}""",
        ["decideOperation"] = """{"outcome":"declined","reason":"Ticket 4711: the processor's support finds no charge under this reference."}""",
        ["importSettlementFile"] = """
            "id,time,type,reference,processor_reference,currency,gross,fee,net,payout_id\nch_1/charge,2026-10-31T12:34:56,charge,op_1v5k9t3x7c2q8m4z6r0g1n8w38,ch_1,EUR,19.99,0.53,19.46,po_20261101_EUR\n"
            """,
        ["createPayout"] = """{"amount":150000,"currency":"EUR","description":"October"}""",
        ["putPayoutSettings"] = """
            {"schedule":"weekly","minimum":1000,"delay_days":2,"reserve":50000,"destination":"DE89370400440532013000","holder":"Corner Shop GmbH"}
            """,
        ["decidePayout"] = """{"outcome":"paid","reason":"Statement 211, line 14"}""",
        ["assignBreak"] = """{"owner":"Ada"}""",
        ["resolveBreak"] = """{"resolution":"write_off","reason":"Below what a letter costs."}""",
        ["updateGateway"] = """{"drained":true,"reason":"Maintenance on Sunday"}""",
    };

    private static readonly Dictionary<(string? Operation, string Status), string> Answers = new()
    {
        [("createPayment", "201")] = Payment,
        [("createPayment", "202")] = Processing,
        [("listPayments", "200")] = List(Payment),
        [("getPayment", "200")] = Payment,
        [("getPaymentTimeline", "200")] = Timeline,
        [("refreshPayment", "200")] = Payment,
        [("listDisputes", "200")] = List("""
            {"id":"dp_3m8z1k5v7c2q9t4x6r0g8n1w4c","object":"dispute","payment":"pay_5c1tq7g8n2m4v9x3r6k0w1z8b8","status":"open","amount":1999,"currency":"EUR","fee":1500,
            "reason":"product_not_received","processor_reference":"dp_8f2c","opened_at":"2026-03-09T12:00:00.123456Z","closed_at":null}
            """),
        [("listOperations", "200")] = List(Unknown),
        [("getOperation", "200")] = Unknown,
        [("decideOperation", "201")] = Unknown,
        [("listGateways", "200")] = List(Gateway),
        [("updateGateway", "200")] = Gateway.Replace("\"drained\":false", "\"drained\":true", StringComparison.Ordinal),
        [("listEvidence", "200")] = List("""
            {"id":"evt_8f2c","object":"evidence","source":"simulator","reason":"amount_mismatch","merchant":"mer_2d4f6h8k0m1n3p5r7t9v1x3z58",
            "payment":"pay_5c1tq7g8n2m4v9x3r6k0w1z8b8","operation":"op_1v5k9t3x7c2q8m4z6r0g1n8w38","says":"approved","amount":1998,"currency":"EUR",
            "received_at":"2026-03-01T12:00:00.123456Z"}
            """),
        [("getReconciliationSummary", "200")] = """
            {"object":"reconciliation_summary","from":"2026-03-01T00:00:00Z","to":"2026-04-01T00:00:00Z","data":[{"gateway":"simulator","currency":"EUR","opening":0,
            "activity":1250000,"settled":1249000,"corrected":0,"closing":1000,"in_transit":4100,"fees":18750,"suspense":0,"open_breaks":1}]}
            """,
        [("listBreaks", "200")] = List(OpenBreak),
        [("getBreak", "200")] = OpenBreak,
        [("assignBreak", "200")] = OpenBreak.Replace("\"owner\":null", "\"owner\":\"Ada\"", StringComparison.Ordinal),
        [("resolveBreak", "201")] = OpenBreak.Replace("\"open\"", "\"resolved\"", StringComparison.Ordinal)
            .Replace("\"resolution\":null,\"reason\":null,\"resolved_by\":null,\"resolved_at\":null,\"posted\":null",
                "\"resolution\":\"write_off\",\"reason\":\"Below what a letter costs.\",\"resolved_by\":\"key_2d4f6h8k0m1n3p5r7t9v1x3z58 dec_5c1tq7g8n2m4v9x3r6k0w1z8b8\",\"resolved_at\":\"2026-03-04T09:00:00Z\",\"posted\":true", StringComparison.Ordinal),
        [("importSettlementFile", "200")] = SettlementFile,
        [("importSettlementFile", "201")] = SettlementFile,
        [("listSettlementFiles", "200")] = List(SettlementFile),
        [("createPayout", "201")] = Payout,
        [("listPayouts", "200")] = List(Payout),
        [("getPayout", "200")] = Payout,
        [("decidePayout", "200")] = Payout,
        [("getPayableBalance", "200")] = """
            {"object":"payable_balance","balances":[{"currency":"EUR","available":150000,"balance":240000,"held":40000,"reserve":50000,"schedule":"weekly"}]}
            """,
        [("listPayoutSettings", "200")] = List(PayoutSettings),
        [("putPayoutSettings", "200")] = PayoutSettings,
        [("receiveWebhook", "200")] = """{"object":"webhook_receipt","status":"received"}""",
        [("createRefund", "201")] = Refund,
        [("createRefund", "202")] = PendingRefund,
        [("getRefund", "200")] = Refund,
        [("listRefunds", "200")] = List(Refund),
        [("createCapture", "201")] = Capture,
        [("createCapture", "202")] = PendingCapture,
        [("getCapture", "200")] = Capture,
        [("listCaptures", "200")] = List(Capture),
        [("cancelPayment", "201")] = Cancellation,
        [("cancelPayment", "202")] = PendingCancellation,
        [("getCancellation", "200")] = Cancellation,
        [("listCancellations", "200")] = List(Cancellation),
        [("listLedgerAccounts", "200")] = Accounts,
        [("getTrialBalance", "200")] = TrialBalance,
        [("getLedgerAccount", "200")] = """
            {"id":"merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:balance:EUR","object":"ledger_account","currency":"EUR","grows_by":"credit","balance":1911,"minimum":null,"postings":1}
            """,
        [("putLedgerAccount", "200")] = Till,
        [("createLedgerEntry", "201")] = OwnEntry,
        [("reverseLedgerEntry", "201")] = Reversal,
        [("createReport", "201")] = Report.Replace("\"succeeded\",\"progress\":100", "\"pending\",\"progress\":0", StringComparison.Ordinal),
        [("listReports", "200")] = List(Report),
        [("getReport", "200")] = Report,
        [("endReport", "200")] = Report,
        [("getReportFile", "200")] = "\"created_utc,amount,balance\\n2026-03-01T12:00:00.234567Z,19.11,19.11\\n\"",
        [("createMerchant", "201")] = Merchant,
        [("listMerchants", "200")] = List(Merchant),
        [("getMerchant", "200")] = Merchant,
        [("updateMerchant", "200")] = Merchant,
        [("createKey", "201")] = NewKey,
        [("listKeys", "200")] = List(KnownKey),
        [("getKey", "200")] = KnownKey,
        [("rotateKey", "201")] = NewKey,
        [("revokeKey", "200")] = RevokedKey,
        [("getStatement", "200")] = List("""
            {"object":"statement_line","number":1,"entry":"je_6b1v5k9t3x7c2q8m4z0r6g1n8w","kind":"charge","amount":1911,"balance":1911,
            "payment":"pay_5c1tq7g8n2m4v9x3r6k0w1z8b8","posted_at":"2026-03-01T12:00:00.234567Z"}
            """),
        [("getLedgerEntry", "200")] = """
            {"id":"je_6b1v5k9t3x7c2q8m4z0r6g1n8w","object":"ledger_entry","kind":"charge","payment":"pay_5c1tq7g8n2m4v9x3r6k0w1z8b8","postings":[
            {"account":"gateway:simulator:receivable:EUR","amount":1999},{"account":"merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z58:balance:EUR","amount":-1911},
            {"account":"platform:test_fees:EUR","amount":-88}],"description":null,"metadata":{},"reverses":null,"reversed_by":null,"posted_at":"2026-03-01T12:00:00.234567Z"}
            """,
        [("getBalance", "200")] = """{"object":"balance","balances":[{"currency":"EUR","available":1911,"refunds_in_transit":0,"payouts_in_transit":0,"in_dispute":0}]}""",
        [("isLive", "200")] = """{"status":"ok"}""",
        [("isReady", "200")] = """{"status":"ok"}""",
        [("hasStarted", "200")] = """{"status":"ok"}""",
    };

    /// <summary>Adds the examples of an operation.</summary>
    public static void AddTo(OpenApiOperation operation, RequiredScopes? scopes)
    {
        if (Requests.TryGetValue(operation.OperationId ?? "", out var request))
        {
            Set(operation.RequestBody?.Content, request);
        }

        foreach (var (status, response) in operation.Responses ?? [])
        {
            if (Answers.GetValueOrDefault((operation.OperationId, status)) is { } answer)
            {
                Set(response.Content, answer);
            }

            // Of two problems with one code that say different things, the worse one.
            foreach (var (code, problem) in ProblemExamples.Of(operation, status, scopes))
            {
                foreach (var type in response.Content?.Values ?? [])
                {
                    type.Examples ??= new Dictionary<string, IOpenApiExample>();
                    type.Examples[code] = new OpenApiExample { Value = JsonNode.Parse(problem) };
                }
            }
        }
    }

    private static string List(string item) => $$"""{"object":"list","data":[{{item}}],"has_more":false,"next_cursor":null}""";

    private static string Key(string secret, string revokedAt) => $$"""
        {"id":"key_7n2m4v9x3r6k0w1z8ba5c1tq3c","object":"api_key","merchant":"mer_2d4f6h8k0m1n3p5r7t9v1x3z58","name":"Web shop","scopes":["read","write"],
        "hint":"w3ha","secret":{{secret}},"created_at":"2026-03-01T08:00:00.123456Z","last_used_at":null,"expires_at":null,"revoked_at":{{revokedAt}}}
        """;

    private static string Operation(string id, string name, string status, string outcome, string rest) => $$$"""
        {"id":"{{{id}}}","object":"{{{name}}}","payment":"pay_5c1tq7g8n2m4v9x3r6k0w1z8b8","payment_status":"{{{(name == "cancellation" && status == "succeeded" ? "canceled"
            : status == "pending" && name != "refund" ? "authorized" : "succeeded")}}}",
        "status":"{{{status}}}","outcome":"{{{outcome}}}",{{{rest}}},"failure_code":null,"metadata":{"clerk":"ann"},"created_at":"2026-03-02T09:30:00.123456Z"}
        """;

    private static void Set(IDictionary<string, OpenApiMediaType>? content, string example)
    {
        foreach (var type in content?.Values ?? [])
        {
            type.Example = JsonNode.Parse(example);
        }
    }
}
