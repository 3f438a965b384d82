using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Payments.Tests.Support;

/// <summary>What processes say: passed on, and kept where it should not have been said.</summary>
internal sealed partial class ProcessLogs
{
    private readonly ConcurrentQueue<string> lines = [];

    /// <summary>Starts a process whose words are read.</summary>
    public Process Start(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, said) => Take(said.Data);
        process.ErrorDataReceived += (_, said) => Take(said.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Fails where anything was said that is a secret, or was sent to us in confidence.</summary>
    public void HoldNoSecrets(params string[] secrets) =>
        Assert.DoesNotContain(lines, line => IsSecret().IsMatch(line) || secrets.Any(secret => line.Contains(secret, StringComparison.Ordinal)));

    internal void Take(string? line)
    {
        if (line is not null)
        {
            Console.WriteLine(line);
            lines.Enqueue(line);
        }
    }

    // Keys, what webhooks are signed with, passwords in connection strings, tokens of payment methods, card numbers' scheme.
    [GeneratedRegex(@"\b(sk_(test|live)_|whsec_|tok_)\w+|Password=(?!\*)[^;\s]+|Bearer \w+")]
    private static partial Regex IsSecret();
}
