using Payments.Domain;

namespace Payments.Tests.Domain;

/// <summary>Named states and commands, so that tests of the state machine read as a table.</summary>
internal static class StateMachineTable
{
    public const long Amount = 1000;

    public static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly Guid PaymentId = Guid.Parse("11111111-2222-3333-4444-555555555555");
    public static readonly Guid RefundId = Guid.Parse("66666666-7777-8888-9999-aaaaaaaaaaaa");
    public static readonly Guid CaptureId = Guid.Parse("77777777-7777-8888-9999-aaaaaaaaaaaa");
    public static readonly Guid CancellationId = Guid.Parse("88888888-7777-8888-9999-aaaaaaaaaaaa");
    public static readonly GatewayCapabilities Full = new(TimeSpan.FromHours(24), true, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10));
    public static readonly GatewayCapabilities NoQuery = Full with { CanQuery = false };
    public static readonly GatewayCapabilities NoKeys = Full with { IdempotencyKeyLife = null };
    public static readonly GatewayCapabilities Nothing = NoQuery with { IdempotencyKeyLife = null };

    /// <summary>Every state that a payment can be in, as far as the rules tell them apart.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Payment?>> States = new Dictionary<string, Func<Payment?>>
    {
        ["none"] = () => null,
        ["sending"] = () => Run(null, Charge()),
        ["unknown"] = () => Run(States!["sending"](), Answer(GatewayAnswerKind.Unknown)),
        ["unsent"] = () => Run(States!["sending"](), Answer(GatewayAnswerKind.NotSent)),
        ["querying"] = () => Run(States!["unknown"](), Wake(TimeSpan.FromMinutes(1))),
        ["succeeded"] = () => Run(States!["sending"](), Answer(GatewayAnswerKind.Approved)),
        ["declined"] = () => Run(States!["sending"](), Answer(GatewayAnswerKind.Declined)),
        ["authorizing"] = () => Run(null, Authorization()),
        ["authorized"] = () => Run(States!["authorizing"](), Authorized),
        ["capturing"] = () => Run(States!["authorized"](), Capture(600, isFinal: false)),
        ["capturing for good"] = () => Run(States!["authorized"](), Capture(600)),
        ["captured in part"] = () => Run(States!["capturing"](), Latest(States["capturing"](), GatewayAnswerKind.Approved)),
        ["captured for good"] = () => Run(States!["capturing for good"](), Latest(States["capturing for good"](), GatewayAnswerKind.Approved)),
        ["canceling"] = () => Run(States!["authorized"](), Cancel()),
        ["canceled"] = () => Run(States!["canceling"](), Latest(States["canceling"](), GatewayAnswerKind.Approved)),
        ["letting go"] = () => Run(States!["authorized"](), Wake(TimeSpan.FromDays(8))),
        ["expired in part"] = () => Run(Run(States!["captured in part"](), Cancel()), Latest(Run(States["captured in part"](), Cancel()), GatewayAnswerKind.Expired)),
        ["failed"] = () => FailedCharge(),
        ["refunding"] = () => Run(States!["succeeded"](), Refund(400)),
        ["refund unknown"] = () => Run(States!["refunding"](), RefundAnswer(GatewayAnswerKind.Unknown)),
        ["refunded"] = () => Run(States!["refunding"](), RefundAnswer(GatewayAnswerKind.Approved)),
        ["refund declined"] = () => Run(States!["refunding"](), RefundAnswer(GatewayAnswerKind.Declined)),
        ["refund came back"] = () => Run(States!["refunded"](), RefundAnswer(GatewayAnswerKind.Reversed, 0) with { Source = EvidenceSource.Webhook }),
        ["requires action"] = () => Run(States!["sending"](), Answer(GatewayAnswerKind.RequiresAction)),
        ["sent with another to go on to"] = () => Run(null, Charge() with { Routes = ["simulator", "second"] }),
        ["disputed"] = () => Run(States!["succeeded"](), Notice(OperationKind.Dispute)),
        ["dispute won"] = () => Run(States!["disputed"](), Notice(OperationKind.DisputeWon)),
        ["dispute lost"] = () => Run(States!["disputed"](), Notice(OperationKind.DisputeLost)),
    };

    /// <summary>Every command, as far as the rules tell them apart.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Payment?, PaymentCommand>> Commands = new Dictionary<string, Func<Payment?, PaymentCommand>>
    {
        ["charge"] = _ => Charge(),
        ["charge with other content"] = _ => Charge() with { Fingerprint = "other" },
        ["authorize"] = _ => Authorization(),
        ["capture 600 for good"] = _ => Capture(600),
        ["capture 600"] = _ => Capture(600, isFinal: false),
        ["capture 500 by another key"] = _ => Capture(500, isFinal: false) with { OperationId = Guid.Parse("dddddddd-0000-0000-0000-000000000000") },
        ["capture all by another key"] = _ => Capture(null) with { OperationId = Guid.Parse("dddddddd-0000-0000-0000-000000000000") },
        ["cancel"] = _ => Cancel(),
        ["cancel by another key"] = _ => Cancel() with { OperationId = Guid.Parse("eeeeeeee-0000-0000-0000-000000000000") },
        ["refund 400"] = _ => Refund(400),
        ["refund 400 with other content"] = _ => Refund(400) with { Fingerprint = "other" },
        ["refund 700 by another key"] = _ => Refund(700) with { OperationId = Guid.Parse("bbbbbbbb-0000-0000-0000-000000000000") },
        ["refund 2000 by another key"] = _ => Refund(2000) with { OperationId = Guid.Parse("cccccccc-0000-0000-0000-000000000000") },
        ["wake too early"] = _ => Wake(TimeSpan.Zero),
        ["wake when due"] = _ => Wake(TimeSpan.FromDays(7)),
        ["approved"] = payment => Latest(payment, GatewayAnswerKind.Approved),
        ["declined"] = payment => Latest(payment, GatewayAnswerKind.Declined),
        ["pending"] = payment => Latest(payment, GatewayAnswerKind.Pending),
        ["not sent"] = payment => Latest(payment, GatewayAnswerKind.NotSent),
        ["unknown"] = payment => Latest(payment, GatewayAnswerKind.Unknown),
        ["expired"] = payment => Latest(payment, GatewayAnswerKind.Expired),
        ["not found"] = payment => Latest(payment, GatewayAnswerKind.NotFound),
        ["requires action"] = payment => Latest(payment, GatewayAnswerKind.RequiresAction),
        ["declined, but not by everybody"] = payment => Latest(payment, GatewayAnswerKind.Declined) with { Answer = new(GatewayAnswerKind.Declined, "proc_1", "try_again_later", IsRetryable: true) },
        ["approved by another processor"] = payment => Latest(payment, GatewayAnswerKind.Approved) with { From = "second" },
        ["webhook: approved"] = payment => Webhook(payment, GatewayAnswerKind.Approved),
        ["webhook: declined"] = payment => Webhook(payment, GatewayAnswerKind.Declined),
        ["webhook: pending"] = payment => Webhook(payment, GatewayAnswerKind.Pending),
        ["webhook: requires action"] = payment => Webhook(payment, GatewayAnswerKind.RequiresAction),
        ["webhook: reversed"] = payment => Webhook(payment, GatewayAnswerKind.Reversed),
        ["webhook: approved, another amount"] = payment => Webhook(payment, GatewayAnswerKind.Approved) with { Answer = new(GatewayAnswerKind.Approved, "proc_1", Told: new(7, Currency.Of("EUR"))) },
        ["operators: declined"] = payment => Webhook(payment, GatewayAnswerKind.Declined) with { Source = EvidenceSource.Operator },
        ["notice: dispute of 400"] = _ => Notice(OperationKind.Dispute),
        ["notice: dispute won"] = _ => Notice(OperationKind.DisputeWon),
        ["notice: dispute lost"] = _ => Notice(OperationKind.DisputeLost),
        ["late approved of attempt 0"] = payment => Latest(payment, GatewayAnswerKind.Approved) with { Attempt = 0 },
        ["late unknown of attempt 0"] = payment => Latest(payment, GatewayAnswerKind.Unknown) with { Attempt = 0 },
        ["answer for a stranger"] = payment => Latest(payment, GatewayAnswerKind.Approved) with { OperationId = Guid.Empty },
    };

    public static ChargeCommand Charge(long amount = Amount) => new()
    {
        MerchantId = "mer_x",
        PaymentId = PaymentId,
        Mode = Mode.Test,
        Amount = new(amount, Currency.Of("EUR")),
        Fee = new(290, 30),
        Routes = ["simulator"],
        PaymentMethod = "tok_approve",
        Fingerprint = "same",
        Now = Start,
        Gateway = Full,
        Retries = RetrySchedule.Default,
        Jitter = 0,
    };

    public static ChargeCommand Authorization(long amount = Amount) => Charge(amount) with { Capture = CaptureMode.Manual };

    /// <summary>The processor holds the amount for a week.</summary>
    public static AnswerCommand Authorized => Answer(GatewayAnswerKind.Approved) with
    {
        Answer = new(GatewayAnswerKind.Approved, "proc_1", AuthorizedUntil: Start + TimeSpan.FromDays(7)),
    };

    public static CaptureCommand Capture(long? amount, bool isFinal = true) => new()
    {
        OperationId = CaptureId,
        Amount = amount,
        IsFinal = isFinal,
        Fingerprint = isFinal ? "final" : "open",
        Now = Start,
        Gateway = Full,
        Retries = RetrySchedule.Default,
        Jitter = 0,
    };

    public static CancelCommand Cancel() => new()
    {
        OperationId = CancellationId,
        Fingerprint = "same",
        Now = Start,
        Gateway = Full,
        Retries = RetrySchedule.Default,
        Jitter = 0,
    };

    public static RefundCommand Refund(long? amount) => new()
    {
        OperationId = RefundId,
        Amount = amount,
        Fingerprint = "same",
        Now = Start,
        Gateway = Full,
        Retries = RetrySchedule.Default,
        Jitter = 0,
    };

    public static WakeCommand Wake(TimeSpan later) => new() { Now = Start + later, Gateway = Full, Retries = RetrySchedule.Default, Jitter = 0 };

    public static AnswerCommand Answer(GatewayAnswerKind kind, int attempt = 1) => new()
    {
        OperationId = Ids.Charge(PaymentId),
        Attempt = attempt,
        From = "simulator",
        Answer = new(kind, "proc_1", kind == GatewayAnswerKind.Declined ? "insufficient_funds" : null),
        Now = Start,
        Gateway = Full,
        Retries = RetrySchedule.Default,
        Jitter = 0,
    };

    public static AnswerCommand RefundAnswer(GatewayAnswerKind kind, int attempt = 1) => Answer(kind, attempt) with { OperationId = RefundId };

    /// <summary>An answer to the latest attempt of the latest operation.</summary>
    public static AnswerCommand Latest(Payment? payment, GatewayAnswerKind kind)
    {
        var operation = payment?.Operations[^1];
        return Answer(kind, operation?.Attempt ?? 1) with { OperationId = operation?.Id ?? Ids.Charge(PaymentId) };
    }

    /// <summary>What the processor tells by itself about the latest operation.</summary>
    public static AnswerCommand Webhook(Payment? payment, GatewayAnswerKind kind) => Latest(payment, kind) with { Source = EvidenceSource.Webhook, Attempt = 0 };

    /// <summary>The customer disputes 400, and somebody decides: the fee is 15, of which 5 are kept from whoever wins.</summary>
    public static NoticeCommand Notice(OperationKind kind) => new()
    {
        Notice = kind,
        From = "simulator",
        About = Ids.Charge(PaymentId),
        DisputeReference = "dp_1",
        Amount = new(400, Currency.Of("EUR")),
        Fee = 15,
        Kept = 5,
        Now = Start,
        Gateway = Full,
        Retries = RetrySchedule.Default,
        Jitter = 0,
    };

    public static Payment Run(Payment? payment, PaymentCommand command) =>
        PaymentStateMachine.Decide(payment, command) is Decision.Accept accept
            ? accept.Next
            : throw new InvalidOperationException($"{command} was not accepted.");

    private static Payment FailedCharge()
    {
        var payment = Run(null, Charge());
        for (var attempt = 1; payment.Status == PaymentStatus.Processing; attempt++)
        {
            payment = Run(payment, Answer(GatewayAnswerKind.NotSent, attempt));
            payment = payment.NextActionAt is { } due ? Run(payment, Wake(due - Start)) : payment;
        }

        return payment;
    }
}
