namespace Payments.Tests.Support;

/// <summary>What a test measured or found out, for people: <c>./test</c> prints it at its end.</summary>
internal static class Report
{
    private static readonly Lock Gate = new();

    /// <summary>Adds a line, where somebody asked for them.</summary>
    public static void Line(string line)
    {
        if (Environment.GetEnvironmentVariable("PAYMENTS_TEST_REPORT") is { } file)
        {
            lock (Gate)
            {
                File.AppendAllLines(file, [line]);
            }
        }
    }
}
