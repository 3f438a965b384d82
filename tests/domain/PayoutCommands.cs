using Payments.Domain;

namespace Payments.Tests.Domain;

/// <summary>What is asked of a payout, and what its bank answers, as most tests want it; <c>with</c> makes the rest.</summary>
internal static class PayoutCommands
{
    public static RequestPayoutCommand Request(string merchantId, string key, long amount, DateTimeOffset now) => new()
    {
        MerchantId = merchantId,
        PayoutId = Ids.Payout(new byte[32], Mode.Test, key),
        Mode = Mode.Test,
        Amount = new(amount, Currency.Of("EUR")),
        BankName = "simulator",
        Destination = "DE89370400440532013000",
        Holder = "Sample",
        Description = null,
        ScheduledFor = null,
        Fingerprint = "v1",
        Floor = 0,
        Now = now,
        Bank = StateMachineTable.Full,
        ReturnsFor = TimeSpan.FromDays(1),
        Retries = RetrySchedule.Default,
        Jitter = 0,
    };

    public static AnswerPayoutCommand Answer(GatewayAnswerKind kind, DateTimeOffset now) => new()
    {
        Source = EvidenceSource.Attempt,
        Attempt = 1,
        Answer = new(kind, "ext"),
        Now = now,
        Bank = StateMachineTable.Full,
        ReturnsFor = TimeSpan.FromDays(1),
        Retries = RetrySchedule.Default,
        Jitter = 0,
    };
}
