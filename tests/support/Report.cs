namespace Payments.Tests.Support;

/// <summary>What a test measured or found out, for people: <c>./test</c> prints it at its end.</summary>
internal static class Report
{
    private static readonly Lock Gate = new();

    /// <summary>Adds a line, where somebody asked for them.</summary>
    public static void Line(string line) => Add("PAYMENTS_TEST_REPORT", line);

    /// <summary>How far a long test has come, where somebody wants to see it.</summary>
    public static void Progress(string line) => Add("PAYMENTS_TEST_PROGRESS", $"{TimeProvider.System.GetLocalNow():HH:mm:ss}  {line}");

    private static void Add(string place, string line)
    {
        if (Environment.GetEnvironmentVariable(place) is { Length: > 0 } file)
        {
            lock (Gate)
            {
                File.AppendAllLines(file, [line]);
            }
        }
    }
}
