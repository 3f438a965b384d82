using System.Text.Encodings.Web;
using System.Text.Json;
using Payments.Storage.Postgres;
using Spectre.Console;

namespace Payments.Tools;

/// <summary>Runs an audit with a progress bar and shows what it found.</summary>
internal static class AuditView
{
    private const int ShownBreaches = 20;

    private static readonly JsonSerializerOptions Snake = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    public static Task<AuditReport> RunAsync(AuditOptions options, bool showProgress, CancellationToken cancellationToken) =>
        !showProgress || Console.IsOutputRedirected
            ? Audit.RunAsync(options, null, cancellationToken)
            : AnsiConsole.Progress().AutoClear(true).StartAsync(context =>
            {
                var task = context.AddTask("audit");
                return Audit.RunAsync(options, new Bar(task), cancellationToken);
            });

    public static string Json(AuditReport report) => JsonSerializer.Serialize(report, Snake);

    public static void Print(AuditReport report)
    {
        var table = new Table().AddColumns("", "check", "what it proves").AddColumn(new TableColumn("rows").RightAligned()).AddColumn(new TableColumn("breaches").RightAligned());
        foreach (var check in report.Checks)
        {
            table.AddRow(
                check.Invariant, Markup.Escape(check.Name), Markup.Escape(check.Proves), check.NotChecked is null ? $"{check.Rows:N0}" : "-",
                check.NotChecked is not null ? "[yellow]not checked[/]" : check.Breaches == 0 ? "[green]0[/]" : $"[red]{check.Breaches:N0}[/]");
        }

        AnsiConsole.Write(table);
        foreach (var breach in report.Breaches.Take(ShownBreaches))
        {
            Console.WriteLine($"{breach.Invariant} breach: {breach.Sentence}");
        }

        if (report.BreachCount > ShownBreaches)
        {
            Console.WriteLine($"... and {report.BreachCount - Math.Min(ShownBreaches, report.Breaches.Length)} more.");
        }

        foreach (var skipped in report.Checks.Where(check => check.NotChecked is not null))
        {
            Console.WriteLine($"Not checked: {skipped.Name} ({skipped.Invariant}): {skipped.NotChecked}.");
        }

        foreach (var note in report.Notes)
        {
            Console.WriteLine($"Note: {note}");
        }

        Console.WriteLine(report.Scope);
        Console.WriteLine(report.Passed
            ? $"The audit passed: no breach in the books of {report.SnapshotAt:u} ({report.Duration.TotalSeconds:0.0} s)."
            : $"THE AUDIT FAILED: {report.BreachCount:N0} breaches in the books of {report.SnapshotAt:u} ({report.Duration.TotalSeconds:0.0} s).");
    }

    private sealed class Bar(ProgressTask task) : IProgress<AuditProgress>
    {
        public void Report(AuditProgress value)
        {
            task.MaxValue = value.Of;
            task.Value = value.Done;
            task.Description = Markup.Escape(value.Check);
        }
    }
}
