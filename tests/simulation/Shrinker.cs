using System.Collections.Immutable;

namespace Payments.Simulation;

/// <summary>Makes a failing run small: leaves out faults, payments, steps and entries for as long as the same promise breaks.</summary>
internal static class Shrinker
{
    // Leaving something out changes which turns meet, so a few other orders of turns are tried as well.
    private const int Orders = 30;

    /// <summary>The smallest form that was found, and how it fails.</summary>
    public static Failure Shrink(Failure failure)
    {
        var smallest = failure;
        var shrank = true;
        while (shrank)
        {
            shrank = false;
            foreach (var candidate in Smaller(smallest.Form))
            {
                if (Fails(candidate, failure.Violation.Promise) is { } still)
                {
                    (smallest, shrank) = (still, true);
                    break;
                }
            }
        }

        return smallest;
    }

    private static Failure? Fails(Form form, string promise)
    {
        for (var turns = 0; turns < Orders; turns++)
        {
            var result = SimulatedRun.Of(form with { Turns = form.Turns + turns });
            if (result.Violation is { } violation && violation.Promise == promise)
            {
                return new(result.Form, result.Steps, violation);
            }
        }

        return null;
    }

    private static IEnumerable<Form> Smaller(Form form)
    {
        var scenario = Scenario.Of(form);
        if (scenario.Entries.Length > 0)
        {
            yield return form with { WithoutEntries = true };
        }

        foreach (var payment in scenario.Payments)
        {
            yield return form with { Payments = [.. scenario.Payments.Where(kept => kept != payment).Select(kept => kept.Number)] };
        }

        foreach (var fault in Enum.GetValues<Faults>().Where(fault => fault != Faults.None && scenario.Has(fault)))
        {
            yield return form with { Without = form.Without | fault };
        }

        var steps = scenario.Payments.SelectMany(payment => payment.Steps.Select(step => (payment.Number, step.Number))).ToImmutableSortedSet();
        foreach (var step in steps.Where(step => step.Item2 > 0))
        {
            yield return form with { Steps = steps.Remove(step) };
        }
    }
}
