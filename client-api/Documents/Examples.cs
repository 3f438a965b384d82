using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Payments.ClientApi.Documents;

/// <summary>One example for every request and answer of the document.</summary>
internal static class Examples
{
    private const string Payment = """
        {"id":"pay_5c1tq7g8n2m4v9x3r6k0w1z8ba","object":"payment","mode":"test","status":"succeeded","outcome":"done","amount":1999,"currency":"EUR",
        "fee":83,"captured":1999,"refunded":0,"refunds_in_flight":0,"payment_method":"tok_approve","gateway":"simulator","reference":"order-1001",
        "description":"Blue shoes, size 42","decline_code":null,
        "created_at":"2026-03-01T12:00:00.123456Z","updated_at":"2026-03-01T12:00:00.234567Z","next_action_at":null}
        """;

    private const string Processing = """
        {"id":"pay_5c1tq7g8n2m4v9x3r6k0w1z8ba","object":"payment","mode":"test","status":"processing","outcome":"unknown","amount":1999,"currency":"EUR",
        "fee":83,"captured":0,"refunded":0,"refunds_in_flight":0,"payment_method":"tok_slow","gateway":"simulator","reference":"order-1001",
        "description":"Blue shoes, size 42","decline_code":null,
        "created_at":"2026-03-01T12:00:00.123456Z","updated_at":"2026-03-01T12:00:00.123456Z","next_action_at":"2026-03-01T12:00:35.123456Z"}
        """;

    private const string Refund = """
        {"id":"re_3m8z1k5v7c2q9t4x6r0g8n1w4c","object":"refund","payment":"pay_5c1tq7g8n2m4v9x3r6k0w1z8ba","status":"succeeded","outcome":"done",
        "amount":500,"currency":"EUR","reason":"one shoe came back","failure_code":null,"created_at":"2026-03-02T09:30:00.123456Z"}
        """;

    private const string PendingRefund = """
        {"id":"re_3m8z1k5v7c2q9t4x6r0g8n1w4c","object":"refund","payment":"pay_5c1tq7g8n2m4v9x3r6k0w1z8ba","status":"pending","outcome":"unknown",
        "amount":500,"currency":"EUR","reason":"one shoe came back","failure_code":null,"created_at":"2026-03-02T09:30:00.123456Z"}
        """;

    private const string Timeline = """
        {"object":"list","data":[{"at":"2026-03-01T12:00:00.123456Z","kind":"audit","name":"charge_claimed",
        "meaning":"The payment was accepted and stored; only then was the charge sent to the processor.","version":1,
        "operation":"op_1v5k9t3x7c2q8m4z6r0g1n8w3a","refund":null,"attempt":1,"attempt_kind":"send",
        "answer":null,"code":null,"status":"processing","entry":null,"postings":[]}],
        "has_more":false}
        """;

    private const string Accounts = """
        {"object":"list","data":[{"id":"merchant:mer_2d4f6h8k0m1n3p5r7t9v1x3z5a:balance:EUR","object":"ledger_account","currency":"EUR","grows_by":"credit",
        "balance":1416,"minimum":null,"postings":2}],"has_more":false}
        """;

    private const string TrialBalance = """
        {"object":"trial_balance","covers":"all","balanced":true,"lines":[{"account":"gateway:simulator:receivable","currency":"EUR","debits":1499,"credits":0},
        {"account":"merchant:*:balance","currency":"EUR","debits":0,"credits":1416},{"account":"platform:test_fees","currency":"EUR","debits":0,"credits":83}],
        "totals":[{"currency":"EUR","debits":1499,"credits":1499}]}
        """;

    private static readonly Dictionary<string, string> Requests = new()
    {
        ["createPayment"] = """{"amount":1999,"currency":"EUR","payment_method":"tok_approve","reference":"order-1001","description":"Blue shoes, size 42"}""",
        ["createRefund"] = """{"amount":500,"reason":"one shoe came back"}""",
    };

    private static readonly Dictionary<(string? Operation, string Status), string> Answers = new()
    {
        [("createPayment", "201")] = Payment,
        [("createPayment", "202")] = Processing,
        [("getPayment", "200")] = Payment,
        [("getPaymentTimeline", "200")] = Timeline,
        [("createRefund", "201")] = Refund,
        [("createRefund", "202")] = PendingRefund,
        [("getRefund", "200")] = Refund,
        [("listLedgerAccounts", "200")] = Accounts,
        [("getTrialBalance", "200")] = TrialBalance,
        [("isLive", "200")] = """{"status":"ok"}""",
        [("isReady", "200")] = """{"status":"ok"}""",
    };

    /// <summary>Adds the examples of an operation.</summary>
    public static void AddTo(OpenApiOperation operation)
    {
        if (Requests.TryGetValue(operation.OperationId ?? "", out var request))
        {
            Set(operation.RequestBody?.Content, request);
        }

        foreach (var (status, response) in operation.Responses ?? [])
        {
            var example = Answers.GetValueOrDefault((operation.OperationId, status)) ?? ProblemExamples.Of(operation.OperationId, status);
            if (example is not null)
            {
                Set(response.Content, example);
            }
        }
    }

    private static void Set(IDictionary<string, OpenApiMediaType>? content, string example)
    {
        foreach (var type in content?.Values ?? [])
        {
            type.Example = JsonNode.Parse(example);
        }
    }
}
