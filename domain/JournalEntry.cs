using System.Collections.Immutable;

namespace Payments.Domain;

/// <summary>A balanced set of postings. An unbalanced one cannot be constructed (I2), and the database refuses it once more.</summary>
public sealed record JournalEntry
{
    public const int MinPostings = 2;

    /// <summary>The most lines of one entry (I9).</summary>
    public const int MaxPostings = 100;

    /// <exception cref="ArgumentException">The postings do not sum to zero per currency, or one is zero, or there are too few or too many.</exception>
    public JournalEntry(Guid id, EntryKind kind, string merchantId, Guid? paymentId, Guid? operationId, ImmutableArray<Posting> postings)
    {
        if (postings.Length is < MinPostings or > MaxPostings)
        {
            throw new ArgumentException($"An entry has {MinPostings} to {MaxPostings} postings, not {postings.Length}.", nameof(postings));
        }

        if (postings.Any(posting => posting.Amount == 0))
        {
            throw new ArgumentException("A posting of zero says nothing.", nameof(postings));
        }

        foreach (var currency in postings.GroupBy(posting => posting.Account.Currency))
        {
            var sum = currency.Aggregate(0L, (total, posting) => checked(total + posting.Amount));
            if (sum != 0)
            {
                throw new ArgumentException($"The entry is off by {sum} minor units of {currency.Key.Code}.", nameof(postings));
            }
        }

        (Id, Kind, MerchantId, PaymentId, OperationId, Postings) = (id, kind, merchantId, paymentId, operationId, postings);
    }

    public Guid Id { get; }
    public EntryKind Kind { get; }

    /// <summary>The merchant, or <see cref="JournalEntries.Platform"/>.</summary>
    public string MerchantId { get; }

    /// <summary>Null for an entry that a merchant's own service posts, and for the platform's.</summary>
    public Guid? PaymentId { get; }

    public Guid? OperationId { get; }
    public ImmutableArray<Posting> Postings { get; }

    /// <summary>When it happened (UTC), where that is not when it is posted; null: when it is posted.</summary>
    public DateTimeOffset? EffectiveAt { get; init; }

    /// <summary>What every account that a request decreases must be left with, as its owner reads it, besides its own minimum; null: nothing more.</summary>
    public long? Floor { get; init; }

    /// <summary>The account whose grain commits this entry: the decreased account of a request (lowest id), else the merchant's balance, or
    /// for an entry of its own the first account.</summary>
    public AccountId Home
    {
        get
        {
            var balance = PaymentId is null ? Postings[0].Account : ChartOfAccounts.MerchantBalance(MerchantId, Postings[0].Account.Currency);
            return Kind.IsRequest()
                ? Postings.Where(posting => posting.IsDecrease).Select(posting => posting.Account)
                    .OrderBy(account => account.ToString(), StringComparer.Ordinal).FirstOrDefault(balance)
                : balance;
        }
    }
}
