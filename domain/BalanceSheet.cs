namespace Payments.Domain;

/// <summary>A line of a balance sheet, in minor units, positive where such an account grows.</summary>
public sealed record BalanceSheetLine(string Account, Int128 Amount);

/// <summary>
/// What there is and whose it is, at one instant, in one currency: assets equal liabilities and what was earned. There is no other equity: what
/// the owners pay in or take out is not in these books. Merchants' own books are theirs, and left out.
/// </summary>
public sealed record BalanceSheet(
    string Currency, IReadOnlyList<BalanceSheetLine> Assets, IReadOnlyList<BalanceSheetLine> Liabilities, IReadOnlyList<BalanceSheetLine> Earned)
{
    public Int128 TotalAssets => Sum(Assets);

    public Int128 TotalLiabilities => Sum(Liabilities);

    /// <summary>Income less expenses, since the books began.</summary>
    public Int128 TotalEarned => Sum(Earned);

    /// <summary>A trial balance, arranged: one sheet a currency.</summary>
    /// <exception cref="ArgumentException">Debits and credits of a currency differ: those are no books.</exception>
    public static IReadOnlyList<BalanceSheet> Of(TrialBalance books) =>
    [
        .. books.Lines.GroupBy(line => line.Currency).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
        {
            IReadOnlyList<BalanceSheetLine> Section(int sign, params AccountClass[] classes) =>
            [
                .. group.Where(line => classes.Contains(ChartOfAccounts.ClassOf(line.Account)))
                    .Select(line => new BalanceSheetLine(line.Account, sign * (line.Debits - line.Credits))),
            ];

            var sheet = new BalanceSheet(
                group.Key, Section(1, AccountClass.Asset), Section(-1, AccountClass.Liability), Section(-1, AccountClass.Income, AccountClass.Expense));
            return sheet.TotalAssets == sheet.TotalLiabilities + sheet.TotalEarned
                ? sheet
                : throw new ArgumentException($"The books in {group.Key} do not balance.", nameof(books));
        }),
    ];

    private static Int128 Sum(IEnumerable<BalanceSheetLine> lines) => lines.Aggregate((Int128)0, (sum, line) => checked(sum + line.Amount));
}
