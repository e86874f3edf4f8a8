/// Client of GwanSang-AI: the generated core, and on top of it sign-in, typed errors, tasks and live sessions.
library;

export 'package:gwansang_api/gwansang_api.dart';

export 'src/client.dart';
export 'src/errors.dart';
export 'src/live.dart';
export 'src/tasks.dart';
export 'src/tokens.dart';
