using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Payments.Simulation;

/// <summary>A seed, less what is left out of it: <c>4711</c>, or <c>4711,without=Crash+Freeze,payments=1+3,steps=1.0+1.2</c>.</summary>
/// <param name="Payments">The payments that take part; default: all of them.</param>
/// <param name="Steps">The steps that take part, each behind the number of its payment; default: all of them.</param>
/// <param name="WithoutEntries">No merchant's service posts entries of its own.</param>
/// <param name="Turns">Another order of turns than the seed's own.</param>
internal sealed record Form(
    long Seed, Faults Without = Faults.None, ImmutableSortedSet<int>? Payments = null, ImmutableSortedSet<(int Payment, int Step)>? Steps = null,
    bool WithoutEntries = false, int Turns = 0)
{
    public bool KeepsPayment(int number) => Payments is null || Payments.Contains(number);

    public bool KeepsStep(int payment, int step) => Steps is null || Steps.Contains((payment, step));

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Form? form)
    {
        form = null;
        var parts = text.Split(',');
        if (!long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var seed))
        {
            return false;
        }

        var read = new Form(seed);
        foreach (var part in parts.Skip(1))
        {
            var values = part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..].Split('+', StringSplitOptions.RemoveEmptyEntries);
            try
            {
                read = part[..Math.Max(0, part.IndexOf('=', StringComparison.Ordinal))] switch
                {
                    "without" => read with { Without = values.Aggregate(Faults.None, (all, name) => all | Enum.Parse<Faults>(name)) },
                    "payments" => read with { Payments = [.. values.Select(int.Parse)] },
                    "steps" => read with { Steps = [.. values.Select(value => value.Split('.')).Select(pair => (int.Parse(pair[0]), int.Parse(pair[1])))] },
                    "entries" => read with { WithoutEntries = values is ["none"] },
                    "turns" => read with { Turns = int.Parse(values.Single()) },
                    _ => throw new FormatException(),
                };
            }
            catch (Exception wrong) when (wrong is FormatException or ArgumentException or InvalidOperationException or IndexOutOfRangeException or OverflowException)
            {
                return false;
            }
        }

        form = read;
        return true;
    }

    public override string ToString() => string.Concat(
        Seed,
        Without == Faults.None ? "" : $",without={Without.ToString().Replace(", ", "+", StringComparison.Ordinal)}",
        Payments is null ? "" : $",payments={string.Join('+', Payments)}",
        Steps is null ? "" : $",steps={string.Join('+', Steps.Select(step => $"{step.Payment}.{step.Step}"))}",
        WithoutEntries ? ",entries=none" : "",
        Turns == 0 ? "" : $",turns={Turns}");
}
