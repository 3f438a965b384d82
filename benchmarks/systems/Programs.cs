namespace Payments.Benchmarks.Systems;

/// <summary>Where the programs are that take part, as they were built.</summary>
internal static class Programs
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../.."));
    private static readonly string Configuration = Path.GetFileName(Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..")));

    public static string Bench => Path.Combine(AppContext.BaseDirectory, "Payments.Benchmarks.dll");

    public static string Silo => Of("silo", "Payments.Silo");

    public static string Simulator => Of("gateway-simulator", "Payments.GatewaySimulator");

    public static string Tools => Of("tools", "payments");

    private static string Of(string folder, string name) => Path.Combine(Root, folder, "bin", Configuration, "net10.0", $"{name}.dll");
}
