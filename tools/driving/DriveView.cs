using Spectre.Console;

namespace Payments.Tools.Driving;

/// <summary>A progress bar on a terminal, and a line for each tenth elsewhere.</summary>
internal static class DriveView
{
    public static async Task RunAsync(Driver driver, IReadOnlyList<PlannedPayment> plan, int parallel, CancellationToken cancellationToken)
    {
        if (!Console.IsOutputRedirected)
        {
            await AnsiConsole.Progress().StartAsync(async context =>
            {
                var task = context.AddTask("payments", maxValue: plan.Count);
                await driver.RunAsync(plan, parallel, () => task.Increment(1), cancellationToken);
            });
            return;
        }

        var done = 0;
        await driver.RunAsync(plan, parallel, () =>
        {
            var now = Interlocked.Increment(ref done);
            if (now * 10L / plan.Count > (now - 1) * 10L / plan.Count)
            {
                Console.WriteLine($"{now:N0} of {plan.Count:N0} payments");
            }
        }, cancellationToken);
    }
}
