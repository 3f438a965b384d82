using FsCheck;
using FsCheck.Fluent;

namespace Payments.Tests.Support;

/// <summary>What FsCheck lacks.</summary>
internal static class Generate
{
    /// <summary>Any 64-bit number of a range, its ends included.</summary>
    public static Gen<long> Long(long least, long most) =>
        from high in Gen.Choose(0, int.MaxValue)
        from low in Gen.Choose(0, int.MaxValue)
        select least + (long)((((UInt128)(uint)high << 31) | (uint)low) % ((UInt128)(most - least) + 1));
}
