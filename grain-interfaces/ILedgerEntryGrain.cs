using System.Collections.Immutable;
using Orleans;
using Orleans.CodeGeneration;
using Payments.Domain;

namespace Payments.Grains;

/// <summary>
/// One journal entry that a merchant's own service posts between the merchant's own accounts. Its id was derived from the idempotency key
/// (<see cref="Ids.OwnEntry"/>, <see cref="Ids.Reversal"/>) and is the grain's key, so a repeated request finds it.
/// </summary>
[Alias("payments.ILedgerEntryGrain"), Version(1)]
public interface ILedgerEntryGrain : IGrainWithStringKey
{
    /// <summary>Posts it, or finds it. Every account must have been opened (<see cref="ILedgerAccountGrain.OpenAsync"/>).</summary>
    [Alias("Post")]
    Task<EntryReply> PostAsync(EntryRequest request);

    /// <summary>Takes another entry back by this one, which moves the same the other way; an entry can be taken back once.</summary>
    [Alias("Reverse")]
    Task<EntryReply> ReverseAsync(ReversalRequest request);
}

/// <summary>What an entry of its own needs.</summary>
[GenerateSerializer, Immutable, Alias("payments.EntryRequest")]
public sealed record EntryRequest
{
    /// <summary>2 to 100 lines that add up to zero in each currency.</summary>
    [Id(0)] public required ImmutableArray<PostingRequest> Postings { get; init; }

    [Id(1)] public string? Description { get; init; }
    [Id(2)] public ImmutableSortedDictionary<string, string> Metadata { get; init; } = Domain.Metadata.Empty;

    public override string ToString() => nameof(EntryRequest);
}

/// <summary>One line of an entry of its own.</summary>
/// <param name="Account">The account's id, e.g. <c>merchant:mer_…:assets:till:EUR</c>.</param>
/// <param name="Amount">Minor units: debit +, credit -, never zero.</param>
[GenerateSerializer, Immutable, Alias("payments.PostingRequest")]
public readonly record struct PostingRequest([property: Id(0)] string Account, [property: Id(1)] long Amount);

/// <summary>What a reversal needs.</summary>
[GenerateSerializer, Immutable, Alias("payments.ReversalRequest")]
public sealed record ReversalRequest
{
    /// <summary>The entry to take back.</summary>
    [Id(0)] public required Guid EntryId { get; init; }

    [Id(1)] public string? Description { get; init; }
    [Id(2)] public ImmutableSortedDictionary<string, string> Metadata { get; init; } = Domain.Metadata.Empty;

    public override string ToString() => nameof(ReversalRequest);
}

/// <summary>The answer to a request to post or take back an entry.</summary>
[GenerateSerializer, Immutable, Alias("payments.EntryReply")]
public sealed record EntryReply
{
    [Id(0)] public required ReplyKind Kind { get; init; }

    /// <summary>Why it was refused, e.g. <c>balance_insufficient</c>.</summary>
    [Id(1)] public string? Code { get; init; }

    /// <summary>The field that is wrong, or the account whose limit it was.</summary>
    [Id(2)] public string? Field { get; init; }

    /// <summary>The rule that it breaks.</summary>
    [Id(3)] public string? Rule { get; init; }

    public override string ToString() => nameof(EntryReply);
}
