using System.Collections.Immutable;
using Payments.Domain;

namespace Payments.Grains;

/// <summary>A field of a request that breaks a rule.</summary>
/// <param name="Field">Its name, as the API writes it.</param>
/// <param name="Rule">The rest of a sentence that begins with that name.</param>
public sealed record Mistake(string Field, string Rule);

/// <summary>Holds requests to the rules of their fields. Payments ask it first, so that nothing wrong enters through any door.</summary>
public static class RequestRules
{
    /// <summary>What is wrong first; null when nothing is.</summary>
    public static Mistake? FirstMistake(this ChargeRequest request) =>
        (FieldRules.IsAmount(request.Amount) ? null : new Mistake("amount", FieldRules.AmountRule))
        ?? (Currency.TryParse(request.Currency, out _) ? null : new Mistake("currency", FieldRules.CurrencyRule))
        ?? Token("payment_method", request.PaymentMethod, FieldRules.MaxPaymentMethod)
        ?? (request.Capture is "automatic" or "manual" ? null : new Mistake("capture", FieldRules.CaptureRule))
        ?? Text("reference", request.Reference, FieldRules.MaxReference)
        ?? Text("description", request.Description, FieldRules.MaxDescription)
        ?? Text("customer", request.Customer, FieldRules.MaxCustomer)
        ?? (request.StatementDescriptor is { } descriptor && !FieldRules.IsStatementDescriptor(descriptor)
            ? new Mistake("statement_descriptor", FieldRules.StatementDescriptorRule) : Text("statement_descriptor", request.StatementDescriptor, FieldRules.MaxStatementDescriptor))
        ?? (request.ReturnUrl is { } url && !FieldRules.IsUrl(url) ? new Mistake("return_url", FieldRules.UrlRule) : Text("return_url", request.ReturnUrl, FieldRules.MaxUrl))
        ?? OfMetadata(request.Metadata);

    /// <summary>What is wrong first; null when nothing is.</summary>
    public static Mistake? FirstMistake(this CaptureRequest request) => Amount(request.Amount) ?? OfMetadata(request.Metadata);

    /// <summary>What is wrong first; null when nothing is.</summary>
    public static Mistake? FirstMistake(this CancelRequest request) => Text("reason", request.Reason, FieldRules.MaxReason) ?? OfMetadata(request.Metadata);

    /// <summary>What is wrong first; null when nothing is.</summary>
    public static Mistake? FirstMistake(this RefundRequest request) =>
        Amount(request.Amount) ?? Text("reason", request.Reason, FieldRules.MaxReason) ?? OfMetadata(request.Metadata);

    /// <summary>What is wrong first; null when nothing is.</summary>
    public static Mistake? FirstMistake(this PayoutRequest request) =>
        Amount(request.Amount)
        ?? (Currency.TryParse(request.Currency, out _) ? null : new Mistake("currency", FieldRules.CurrencyRule))
        ?? Text("description", request.Description, FieldRules.MaxDescription);

    /// <summary>What is wrong first; null when nothing is. Whose accounts they are, the entry finds out.</summary>
    public static Mistake? FirstMistake(this EntryRequest request) =>
        OfPostings(request.Postings) ?? Text("description", request.Description, FieldRules.MaxDescription) ?? OfMetadata(request.Metadata);

    /// <summary>What is wrong first; null when nothing is.</summary>
    public static Mistake? FirstMistake(this ReversalRequest request) =>
        Text("description", request.Description, FieldRules.MaxDescription) ?? OfMetadata(request.Metadata);

    private static Mistake? OfPostings(ImmutableArray<PostingRequest> postings)
    {
        if (postings.IsDefault || postings.Length is < JournalEntry.MinPostings or > JournalEntry.MaxPostings)
        {
            return new("postings", FieldRules.PostingsRule);
        }

        for (var i = 0; i < postings.Length; i++)
        {
            if (postings[i].Account is not { } account || !AccountId.TryParse(account, out _))
            {
                return new($"postings[{i}].account", FieldRules.AccountRule);
            }

            if (!FieldRules.IsPosting(postings[i].Amount))
            {
                return new($"postings[{i}].amount", FieldRules.PostingRule);
            }
        }

        // 100 lines of at most 10^12 each: no sum can overflow.
        return postings.GroupBy(posting => posting.Account[^3..]).All(currency => currency.Sum(posting => posting.Amount) == 0)
            ? null
            : new("postings", FieldRules.BalanceRule);
    }

    private static Mistake? Amount(long? amount) => amount is { } given && !FieldRules.IsAmount(given) ? new("amount", FieldRules.AmountRule) : null;

    private static Mistake? Token(string field, string? text, int most) =>
        text is null || !FieldRules.IsToken(text, most) ? new(field, FieldRules.TokenRule(most)) : Forbidden(field, text);

    private static Mistake? Text(string field, string? text, int most) =>
        text is null ? null : !FieldRules.IsText(text, most) ? new(field, FieldRules.TextRule(most)) : Forbidden(field, text);

    private static Mistake? OfMetadata(ImmutableSortedDictionary<string, string>? metadata) =>
        metadata is null || !FieldRules.IsMetadata(metadata) ? new("metadata", FieldRules.MetadataRule)
        : metadata.Select(entry => Forbidden($"metadata.{entry.Key}", entry.Key) ?? Forbidden($"metadata.{entry.Key}", entry.Value))
            .FirstOrDefault(mistake => mistake is not null);

    // A name that is itself forbidden is not repeated.
    private static Mistake? Forbidden(string field, string text) =>
        FieldRules.Forbidden(text) is { } rule ? new(FieldRules.Forbidden(field) is null ? field : "metadata", rule) : null;
}
