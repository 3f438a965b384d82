using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Payments.Domain;

namespace Payments.Storage.Postgres.Auditing;

/// <summary>Collects what the checks find, in the order in which they were begun. Checks may run side by side, each by itself.</summary>
/// <param name="keep">How many sentences of each check are kept.</param>
internal sealed partial class Findings(int keep)
{
    private readonly int keep = keep;
    private readonly List<Check> checks = [];

    public ImmutableArray<CheckResult> Checks => [.. checks.Select(check => check.Result)];

    public ImmutableArray<Breach> Breaches => [.. checks.SelectMany(check => check.Breaches)];

    /// <summary>Begins a check; its breaches are counted until it is <see cref="Check.Done"/>.</summary>
    public Check Begin(string invariant, string name, string proves)
    {
        var check = new Check(this, invariant, name, proves);
        checks.Add(check);
        return check;
    }

    /// <summary>Shows ids in the form in which people meet them.</summary>
    public static string Readable(string sentence) =>
        BracedId().Replace(sentence, match => Ids.Format(match.Groups[1].Value, Guid.Parse(match.Groups[2].Value)));

    [GeneratedRegex(@"\{(pay|op|rep|po):([0-9a-f-]{36})\}")]
    private static partial Regex BracedId();

    /// <summary>One check.</summary>
    internal sealed class Check(Findings findings, string invariant, string name, string proves)
    {
        private readonly List<Breach> breaches = [];
        private long count;
        private long rows;
        private string? notChecked;

        public string Name => name;

        public CheckResult Result => new(invariant, name, proves, rows, count, notChecked);

        public IReadOnlyList<Breach> Breaches => breaches;

        public void Breach(string sentence)
        {
            if (count++ < findings.keep)
            {
                breaches.Add(new(invariant, name, Readable(sentence)));
            }
        }

        public void Done(long rows) => this.rows = rows;

        public void NotDone(string why) => notChecked = why;
    }
}
