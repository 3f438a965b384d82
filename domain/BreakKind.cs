namespace Payments.Domain;

/// <summary>How a processor's files and our books can differ.</summary>
public enum BreakKind
{
    /// <summary>The processor settled what we do not know, or hold to have failed.</summary>
    MissingAtUs,

    /// <summary>The processor settled what we do not know the outcome of yet: the line is evidence, and resolves it.</summary>
    OutcomeUnknown,

    /// <summary>We booked what no file tells of, though its time has come.</summary>
    MissingAtProcessor,

    /// <summary>It was settled with another amount.</summary>
    AmountDiffers,

    /// <summary>It was settled in another currency than the customer paid in.</summary>
    CurrencyDiffers,

    /// <summary>The processor kept another fee than the contract says.</summary>
    FeeDiffers,

    /// <summary>It was settled before.</summary>
    Duplicate,

    /// <summary>The processor counts it to another month than we do.</summary>
    WrongPeriod,

    /// <summary>The processor's kind of line is not known here.</summary>
    UnknownType,

    /// <summary>The ledger does not have what the operation says: never to happen, and looked for all the same.</summary>
    LedgerDiffers,
}

/// <summary>How a break ends. What waited in suspense goes where it belongs.</summary>
public enum BreakResolution
{
    /// <summary>By itself: a later line, or a later answer, explained it.</summary>
    Matched,

    /// <summary>The processor will correct it: it owes us, or we owe it.</summary>
    Receivable,

    /// <summary>It is the processor's to keep, or to give: a cost.</summary>
    Fees,

    /// <summary>It is given up.</summary>
    WriteOff,

    /// <summary>Nothing is to be posted.</summary>
    Accepted,
}

/// <summary>The stored names of <see cref="BreakKind"/> and <see cref="BreakResolution"/>.</summary>
public static class BreakNames
{
    public static string Name(this BreakKind kind) => kind switch
    {
        BreakKind.MissingAtUs => "missing_at_us",
        BreakKind.OutcomeUnknown => "outcome_unknown",
        BreakKind.MissingAtProcessor => "missing_at_processor",
        BreakKind.AmountDiffers => "amount_differs",
        BreakKind.CurrencyDiffers => "currency_differs",
        BreakKind.FeeDiffers => "fee_differs",
        BreakKind.Duplicate => "duplicate",
        BreakKind.WrongPeriod => "wrong_period",
        BreakKind.UnknownType => "unknown_type",
        BreakKind.LedgerDiffers => "ledger_differs",
    };

    public static string Name(this BreakResolution resolution) => resolution switch
    {
        BreakResolution.Matched => "matched",
        BreakResolution.Receivable => "receivable",
        BreakResolution.Fees => "fees",
        BreakResolution.WriteOff => "write_off",
        BreakResolution.Accepted => "accepted",
    };

    /// <summary>
    /// What resolving a break posts. What waits in suspense goes to the account that the resolution names; what the processor never settled leaves
    /// the receivable. Nothing to post: empty.
    /// </summary>
    /// <exception cref="ArgumentException">The break cannot end so; see <see cref="CanEnd"/>.</exception>
    public static IEnumerable<Posting> Postings(this BreakResolution resolution, Break found, string gateway, Mode mode)
    {
        if (!CanEnd(found, resolution))
        {
            throw new ArgumentException($"A break {found.Kind.Name()} of {found.Amount} does not end as {resolution.Name()}.", nameof(resolution));
        }

        var (amount, currency) = found.Amount;
        if (resolution is BreakResolution.Matched or BreakResolution.Accepted)
        {
            return [];
        }

        var target = resolution switch
        {
            BreakResolution.Receivable => ChartOfAccounts.GatewayReceivable(gateway, currency),
            BreakResolution.Fees => ChartOfAccounts.GatewayFees(gateway, currency),
            _ => ChartOfAccounts.WriteOffs(mode, currency),
        };
        return found.Kind == BreakKind.MissingAtProcessor
            ? [new(target, amount), new(ChartOfAccounts.GatewayReceivable(gateway, currency), -amount)]
            : [new(ChartOfAccounts.Suspense(gateway, currency), amount), new(target, -amount)];
    }

    /// <summary>Whether an operator may end a break so: money in suspense must go somewhere, and where there is none nothing goes.</summary>
    public static bool CanEnd(this Break found, BreakResolution resolution) => resolution switch
    {
        BreakResolution.Matched => true,
        BreakResolution.Accepted => found.Amount.Minor == 0,
        BreakResolution.Receivable => found.Amount.Minor != 0 && found.Kind != BreakKind.MissingAtProcessor,
        BreakResolution.Fees or BreakResolution.WriteOff => found.Amount.Minor != 0,
    };
}
