using Payments.Domain;
using Payments.Grains;

namespace Payments.Tests.Api;

/// <summary>Payments and replies to answer with.</summary>
internal static class Samples
{
    public const string GoodBody = """{"amount":1999,"currency":"EUR","payment_method":"tok_approve","reference":"order-1","description":"Schöne Schuhe 👟"}""";

    private static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static Payment Payment(
        Guid id, PaymentStatus status = PaymentStatus.Succeeded, string? code = null, string merchant = ApiHost.Merchant, params Operation[] refunds) => new()
        {
            MerchantId = merchant,
            Id = id,
            Mode = Mode.Test,
            Version = 2,
            Status = status,
            Currency = Currency.Of("EUR"),
            Amount = 1999,
            Capture = IsManual(status) ? CaptureMode.Manual : CaptureMode.Automatic,
            FeeTerms = new(290, 30),
            Fee = status == PaymentStatus.Succeeded ? 88 : 0,
            Captured = status == PaymentStatus.Succeeded ? 1999 : 0,
            Gateway = "simulator",
            PaymentMethod = "tok_approve",
            Reference = "order-1",
            CreatedAt = At,
            UpdatedAt = At,
            Operations = [Operation(Ids.Charge(id), IsManual(status) ? OperationKind.Authorize : OperationKind.Charge, OfCharge(status), 1999, code), .. refunds],
        };

    public static Operation Operation(Guid id, OperationKind kind, OperationStatus status, long amount, string? code = null) => new()
    {
        Id = id,
        Kind = kind,
        Status = status,
        Amount = amount,
        Fingerprint = "f",
        CreatedAt = At,
        Attempt = 1,
        AttemptKind = AttemptKind.Send,
        ClaimedAt = At,
        Sends = 1,
        ProvenUnsent = status == OperationStatus.Failed ? 1 : 0,
        FirstSentAt = At,
        LastSentAt = At,
        Code = code,
        NextActionAt = status == OperationStatus.Pending ? At.AddSeconds(35) : null,
    };

    public static Task<PaymentReply> Reply(ReplyKind kind, Payment payment, Guid? operation = null) => Task.FromResult(new PaymentReply
    {
        Kind = kind,
        Payment = PaymentView.Of(payment),
        Operation = OperationView.Of(payment, operation is { } id ? payment.Find(id)! : payment.Charge),
    });

    public static Task<PaymentReply> Refused(string code, Payment? payment = null) => Task.FromResult(new PaymentReply
    {
        Kind = ReplyKind.Refused,
        Code = code,
        Payment = payment is null ? null : PaymentView.Of(payment),
    });

    private static bool IsManual(PaymentStatus status) => status is PaymentStatus.Authorized or PaymentStatus.Canceled;

    private static OperationStatus OfCharge(PaymentStatus status) => status switch
    {
        PaymentStatus.Processing or PaymentStatus.RequiresAction => OperationStatus.Pending,
        PaymentStatus.Succeeded or PaymentStatus.Authorized or PaymentStatus.Canceled => OperationStatus.Succeeded,
        PaymentStatus.Declined => OperationStatus.Declined,
        PaymentStatus.Failed => OperationStatus.Failed,
    };
}
