using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Payments.Tests.Architecture;

/// <summary>A type as its users see it, each part a line of text that can be compared across assemblies.</summary>
internal sealed record TypeSurface(string Kind, string Base, HashSet<string> Interfaces, HashSet<string> Members);

/// <summary>Reads the public types of an assembly from its metadata, so that nothing it references has to be there.</summary>
internal static class PublicSurface
{
    public static IReadOnlyDictionary<string, TypeSurface> Read(string path, string rootNamespace)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        var names = new TypeNames();
        return metadata.TypeDefinitions.Select(metadata.GetTypeDefinition)
            .Where(type => (type.Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public)
            .Where(type => metadata.GetString(type.Namespace) is var space
                && (space == rootNamespace || space.StartsWith(rootNamespace + ".", StringComparison.Ordinal)))
            .ToDictionary(type => names.Definition(metadata, type), type => Describe(metadata, type, names), StringComparer.Ordinal);
    }

    private static TypeSurface Describe(MetadataReader metadata, TypeDefinition type, TypeNames names) => new(
        (type.Attributes & (TypeAttributes.Interface | TypeAttributes.Abstract | TypeAttributes.Sealed)).ToString(),
        type.BaseType.IsNil ? "" : names.Of(metadata, type.BaseType),
        type.GetInterfaceImplementations().Select(each => names.Of(metadata, metadata.GetInterfaceImplementation(each).Interface)).ToHashSet(),
        [
            .. type.GetFields().Select(metadata.GetFieldDefinition)
                .Where(field => IsVisible((MethodAttributes)(field.Attributes & FieldAttributes.FieldAccessMask)))
                .Select(field => Describe(metadata, field, names)),
            .. type.GetMethods().Select(metadata.GetMethodDefinition)
                .Where(method => IsVisible(method.Attributes & MethodAttributes.MemberAccessMask))
                .Select(method => Describe(metadata, method, names)),
        ]);

    private static bool IsVisible(MethodAttributes access) =>
        access is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem;

    private static string Describe(MetadataReader metadata, FieldDefinition field, TypeNames names)
    {
        var constant = field.GetDefaultValue();
        var value = constant.IsNil ? "" : " = " + Convert.ToHexString(metadata.GetBlobBytes(metadata.GetConstant(constant).Value));
        return $"{field.Attributes & ~FieldAttributes.HasDefault} {field.DecodeSignature(names, null)} {metadata.GetString(field.Name)}{value}";
    }

    private static string Describe(MetadataReader metadata, MethodDefinition method, TypeNames names)
    {
        const MethodAttributes Telling = MethodAttributes.MemberAccessMask | MethodAttributes.Static | MethodAttributes.Abstract | MethodAttributes.Virtual
            | MethodAttributes.Final;
        var signature = method.DecodeSignature(names, null);
        var declared = method.GetParameters().Select(metadata.GetParameter).Where(parameter => parameter.SequenceNumber > 0)
            .ToDictionary(parameter => parameter.SequenceNumber - 1);
        var parameters = signature.ParameterTypes.Select((type, index) => declared.TryGetValue(index, out var parameter)
            ? $"{type} {metadata.GetString(parameter.Name)}{((parameter.Attributes & ParameterAttributes.Optional) != 0 ? "?" : "")}"
            : type);
        var generics = method.GetGenericParameters().Select(metadata.GetGenericParameter).Select(generic =>
            $"{generic.Attributes}:{string.Join("&", generic.GetConstraints().Select(each => names.Of(metadata, metadata.GetGenericParameterConstraint(each).Type)))}");
        return $"{method.Attributes & Telling} {signature.ReturnType} {metadata.GetString(method.Name)}"
            + $"<{string.Join(", ", generics)}>({string.Join(", ", parameters)})";
    }

    /// <summary>Full names of types, without the assemblies that they are in.</summary>
    private sealed class TypeNames : ISignatureTypeProvider<string, object?>
    {
        public string Of(MetadataReader metadata, EntityHandle handle) => handle.Kind switch
        {
            HandleKind.TypeDefinition => GetTypeFromDefinition(metadata, (TypeDefinitionHandle)handle, 0),
            HandleKind.TypeReference => GetTypeFromReference(metadata, (TypeReferenceHandle)handle, 0),
            _ => GetTypeFromSpecification(metadata, null, (TypeSpecificationHandle)handle, 0),
        };

        public string Definition(MetadataReader metadata, TypeDefinition type) =>
            Join(metadata.GetString(type.Namespace), metadata.GetString(type.Name));

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
            Definition(reader, reader.GetTypeDefinition(handle));

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            var type = reader.GetTypeReference(handle);
            return Join(reader.GetString(type.Namespace), reader.GetString(type.Name));
        }

        public string GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, null);

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => $"System.{typeCode}";

        public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) =>
            $"{genericType}<{string.Join(", ", typeArguments)}>";

        public string GetGenericMethodParameter(object? genericContext, int index) => $"!!{index}";

        public string GetGenericTypeParameter(object? genericContext, int index) => $"!{index}";

        public string GetSZArrayType(string elementType) => elementType + "[]";

        public string GetArrayType(string elementType, ArrayShape shape) => $"{elementType}[rank {shape.Rank}]";

        public string GetByReferenceType(string elementType) => elementType + "&";

        public string GetPointerType(string elementType) => elementType + "*";

        public string GetPinnedType(string elementType) => elementType + " pinned";

        public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => $"{unmodifiedType} with {modifier}";

        public string GetFunctionPointerType(MethodSignature<string> signature) => $"function({string.Join(", ", signature.ParameterTypes)})";

        private static string Join(string space, string name) => space.Length == 0 ? name : $"{space}.{name}";
    }
}
