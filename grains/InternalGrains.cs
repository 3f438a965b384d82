using Orleans;
using Orleans.CodeGeneration;
using Payments.Storage;

namespace Payments.Grains;

/// <summary>The door through which a finished attempt comes back into its payment, as a turn of its own.</summary>
[Alias("payments.IPaymentAnswers"), Version(1)]
public interface IPaymentAnswers : IGrainWithStringKey
{
    /// <summary>Takes the answer of an attempt. Busy: nothing was stored, bring it again.</summary>
    [Alias("Answer")]
    Task<ReplyKind> AnswerAsync(AttemptAnswer answer);
}

/// <param name="Kind">The name of the <see cref="Domain.GatewayAnswerKind"/>.</param>
[GenerateSerializer, Immutable, Alias("payments.AttemptAnswer")]
public sealed record AttemptAnswer(
    [property: Id(0)] Guid OperationId, [property: Id(1)] int Attempt, [property: Id(2)] string Kind,
    [property: Id(3)] string? Reference, [property: Id(4)] string? Code, [property: Id(5)] DateTimeOffset? AuthorizedUntil,
    [property: Id(6)] string Gateway, [property: Id(7)] long? ToldAmount, [property: Id(8)] string? ToldCurrency, [property: Id(9)] string? ActionUrl,
    [property: Id(10)] bool IsRetryable)
{
    public override string ToString() => nameof(AttemptAnswer);
}

/// <summary>The door through which evidence that nobody asked for comes to its payment.</summary>
[Alias("payments.IPaymentNews"), Version(1)]
public interface IPaymentNews : IGrainWithStringKey
{
    /// <summary>Takes it. Accepted: a change followed, and the evidence is marked as applied with it. Refused: nothing followed, and
    /// <see cref="PaymentReply.Code"/> says why. Busy or unknown: bring it again.</summary>
    [Alias("Hear")]
    Task<PaymentReply> HearAsync(Hearing hearing);
}

/// <param name="OperationId">What it is about.</param>
[GenerateSerializer, Immutable, Alias("payments.Hearing")]
public sealed record Hearing([property: Id(0)] EvidenceId Evidence, [property: Id(1)] Guid OperationId, [property: Id(2)] NewsRow News)
{
    public override string ToString() => nameof(Hearing);
}

/// <summary>The door through which a finished attempt comes back into its payout, as a turn of its own.</summary>
[Alias("payments.IPayoutAnswers"), Version(1)]
public interface IPayoutAnswers : IGrainWithStringKey
{
    /// <summary>Takes the answer of an attempt. Busy: nothing was stored, bring it again.</summary>
    [Alias("Answer")]
    Task<ReplyKind> AnswerAsync(PayoutAnswer answer);
}

/// <param name="Kind">The name of the <see cref="Domain.GatewayAnswerKind"/>.</param>
[GenerateSerializer, Immutable, Alias("payments.PayoutAnswer")]
public sealed record PayoutAnswer(
    [property: Id(0)] int Attempt, [property: Id(1)] string Kind, [property: Id(2)] string? Reference, [property: Id(3)] string? Code,
    [property: Id(4)] long? ToldAmount, [property: Id(5)] string? ToldCurrency)
{
    public override string ToString() => nameof(PayoutAnswer);
}

/// <summary>The door through which a payment's change and its journal entry go to the entry's home account, which commits both.</summary>
[Alias("payments.ILedgerCommits"), Version(1)]
public interface ILedgerCommits : IGrainWithStringKey
{
    /// <summary>Refuses what the stored balance does not allow, else commits everything in one transaction.</summary>
    [Alias("Commit")]
    Task<CommitResult> CommitAsync(Commit commit);
}
