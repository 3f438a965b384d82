namespace Payments.Domain;

/// <summary>What the fields of a request may hold, whichever door it comes through. A rule is told as the rest of a sentence that begins
/// with the field's name; null: it is kept.</summary>
public static class FieldRules
{
    public const int MaxReference = 255;
    public const int MaxDescription = 500;
    public const int MaxReason = 255;
    public const int MaxPaymentMethod = 255;
    public const int MaxCustomer = 255;
    public const int MinStatementDescriptor = 5;
    public const int MaxStatementDescriptor = 22;
    public const int MaxName = 100;

    /// <summary>What ISO 20022 takes as the name of an account's holder in SEPA.</summary>
    public const int MaxHolder = 70;
    public const int MaxAccount = 150;

    public static string AmountRule { get; } = $"must be a whole number of minor units from 1 to {Money.MaxOperation}, written in digits only";

    public static string PostingRule { get; } =
        $"must be a whole number of minor units from -{Money.MaxOperation} to {Money.MaxOperation} and not 0, written in digits only";

    public static string PostingsRule { get; } = $"must be a list of {JournalEntry.MinPostings} to {JournalEntry.MaxPostings} postings";

    public const string AccountRule = "must be the id of an account, e.g. merchant:mer_...:assets:till:EUR";

    public const string BalanceRule = "must add up to zero in each currency";

    public static string MinimumRule { get; } = $"must be a whole number of minor units from -{Money.MaxOperation} to {Money.MaxOperation}, written in digits only";

    public const string CurrencyRule = "must be an ISO 4217 currency code that is taken here, in capital letters";

    public const string CaptureRule = "must be automatic or manual";

    public static string MetadataRule { get; } =
        $"must be an object of at most {Metadata.MaxEntries} texts of 1 to {Metadata.MaxValue} characters, named by 1 to {Metadata.MaxName} letters, digits or _ - .";

    /// <summary>What card schemes print: Latin letters, digits and a little punctuation, with a letter in it.</summary>
    public static string StatementDescriptorRule { get; } =
        $"must be {MinStatementDescriptor} to {MaxStatementDescriptor} printable ASCII characters with a letter among them and without < > \\ ' \" *";

    public const int MaxUrl = 2_000;

    public static string UrlRule { get; } = $"must be an absolute https address of at most {MaxUrl} characters, without a user or a password (http only for localhost)";

    public static string TextRule(int most) => $"must be a text of 1 to {most} characters";

    public static string TokenRule(int most) => $"must be a text of 1 to {most} visible ASCII characters";

    public static bool IsAmount(long amount) => amount is >= 1 and <= Money.MaxOperation;

    public static bool IsPosting(long amount) => amount is not 0 and >= -Money.MaxOperation and <= Money.MaxOperation;

    public static bool IsMinimum(long minimum) => minimum is >= -Money.MaxOperation and <= Money.MaxOperation;

    /// <summary>Visible ASCII characters.</summary>
    public static bool IsToken(string text, int most) => text.Length > 0 && text.Length <= most && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>A text as people and JSON Schema count it: a surrogate pair is one character.</summary>
    public static bool IsText(string text, int most) => text.Length > 0 && text.Count(unit => !char.IsLowSurrogate(unit)) <= most;

    /// <summary>Where a customer may be sent: nothing that a browser would run, and nothing that is sent in the clear beyond this machine.</summary>
    public static bool IsUrl(string text) =>
        IsToken(text, MaxUrl) && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0 && url.Host.Length > 0
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));

    public static bool IsStatementDescriptor(string text) =>
        text.Length is >= MinStatementDescriptor and <= MaxStatementDescriptor
        && text.All(letter => letter is >= ' ' and <= '~' && !@"<>\'""*".Contains(letter, StringComparison.Ordinal)) && text.Any(char.IsAsciiLetter);

    public static bool IsMetadata(IReadOnlyDictionary<string, string> metadata) =>
        metadata.Count <= Metadata.MaxEntries && metadata.All(entry => Metadata.IsName(entry.Key) && IsText(entry.Value, Metadata.MaxValue));

    /// <summary>Whether a text holds nothing that must never enter: control characters, halves of characters, card numbers.</summary>
    public static string? Forbidden(string text) =>
        text.Any(char.IsControl) ? "must not hold control characters"
        : HasHalfCharacter(text) ? "must hold whole Unicode characters: half of a surrogate pair is none"
        : CardNumber.IsIn(text) ? "looks like a card number: send the processor's token of the card instead"
        : null;

    private static bool HasHalfCharacter(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i])))
            {
                return true;
            }
        }

        return false;
    }
}
