import 'dart:convert';

import 'package:dio/dio.dart';

/// The base of all errors of this package.
sealed class GwansangException implements Exception {
  const GwansangException(this.message);

  /// A sentence for people.
  final String message;

  @override
  String toString() => '$runtimeType: $message';
}

/// The service could not be reached, or its answer did not arrive.
final class ConnectionFailedException extends GwansangException {
  const ConnectionFailedException(super.message);
}

/// The sign-in has ended and could not be refreshed: sign in again.
final class SignInEndedException extends GwansangException {
  const SignInEndedException() : super('The sign-in has ended.');
}

/// A task ended without a result; [code] is the error that its call would have returned, or `CANCELLED`.
final class TaskFailedException extends GwansangException {
  const TaskFailedException(this.code, super.message);

  final String code;
}

/// The service closed a WebSocket; [problem] is the error that it sent before, if any.
final class SocketClosedException extends GwansangException {
  SocketClosedException(this.closeCode, this.problem)
      : super(problem?.message ?? 'The connection was closed ($closeCode).');

  final int? closeCode;
  final ApiException? problem;
}

/// The frames of a live session ended before the face could be read.
final class NoReadingException extends GwansangException {
  const NoReadingException() : super('The frames ended before the face could be read.');
}

/// A field of a request that is not valid, and the reason.
final class FieldFault {
  const FieldFault(this.field, this.message);

  final String field;
  final String message;
}

/// The service refused a call.
final class ApiException extends GwansangException {
  const ApiException(
    super.message, {
    required this.status,
    required this.code,
    this.requestId = '',
    this.retryAfter,
    this.fields = const [],
    this.details = const {},
  });

  /// The error of a problem document, which a proxy in between may have left out or cut.
  factory ApiException.ofProblem(Object? problem, {int? status, String? retryAfter}) {
    final document = _object(problem);
    final error = _object(document['error']);
    final known = status ?? (document['status'] as num?)?.toInt() ?? 0;
    final details = _object(error['details']);
    final seconds = num.tryParse(retryAfter ?? '${details['retry_after_s']}');
    return ApiException(
      '${document['detail'] ?? error['message'] ?? 'The service answered with status $known.'}',
      status: known,
      code: '${error['code'] ?? 'HTTP_$known'}',
      requestId: '${document['request_id'] ?? ''}',
      retryAfter: seconds == null ? null : Duration(milliseconds: (seconds * 1000).round()),
      fields: _faults(error['details']),
      details: details,
    );
  }

  /// The error of an answer.
  factory ApiException.ofResponse(Response<Object?> response) => ApiException.ofProblem(
        _parsed(response.data),
        status: response.statusCode,
        retryAfter: response.headers.value('retry-after'),
      );

  /// The status of the answer.
  final int status;

  /// The stable name of the error: one of `ErrorCode`, or a newer one.
  final String code;

  /// What to quote to the operator.
  final String requestId;

  /// The pause after which the same call is accepted.
  final Duration? retryAfter;

  /// The faults of a request that is not valid.
  final List<FieldFault> fields;

  /// All numbers and names of the error.
  final Map<String, Object?> details;
}

Object? _parsed(Object? body) {
  try {
    return switch (body) {
      String() => jsonDecode(body),
      List<int>() => jsonDecode(utf8.decode(body)),
      _ => body,
    };
  } on FormatException {
    return null;
  }
}

Map<String, Object?> _object(Object? value) => value is Map<Object?, Object?> ? value.cast<String, Object?>() : const {};

List<FieldFault> _faults(Object? details) => [
      if (details is List<Object?>)
        for (final fault in details.map(_object)) FieldFault('${fault['field']}', '${fault['message']}'),
    ];
